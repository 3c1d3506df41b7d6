package import ObjectStorage

/// What differs from service to service: names on the wire and limits. The code around it asks, and never names a service.
package struct Dialect: Sendable {
    package var service: ServiceName
    /// Before the service's own headers, `x-amz-`.
    package var headerPrefix: String
    package var limits: StoreLimits
    /// What a request's bucket is a label in front of, when it is not in the path; without port.
    package var hosts: [String]
    /// Whether a request to a name (not an address) must carry its bucket in the name.
    package var requiresVirtualHosts = false
    /// The largest object that one copy request takes, in bytes.
    package var copyLimit: Int64
    /// How far a client's clock may be off, in seconds.
    package var clockTolerance: Int64
    /// For how long a presigned request may be valid, in seconds.
    package var longestPresigned: Int64
    /// Which storage classes exist; the first is what an object has that names none.
    package var storageClasses: [String]
    /// How classes are named on the wire where that is not the name under which they are kept: wire name to kept name.
    package var storageClassAliases: [String: String] = [:]
    package var xmlNamespace: String
    /// How requests may be signed.
    package var schemes: Set<SignatureScheme>
    /// Whether a Version 4 scope may name any region.
    package var acceptsAnyRegion = false
    /// In which headers an answer carries its request's id.
    package var requestIDHeaders: [String]
    /// In which header it carries the second id; nil for none.
    package var secondIDHeader: String?
    /// Errors that have another status or code than S3's, by S3's code.
    package var errors: [String: ErrorForm] = [:]
    /// Whether error documents repeat the status.
    package var errorsNameStatus = false
    /// Whether answers to HEAD carry an error's code and message in headers.
    package var errorsInHeaders = false
    /// How objects are appended to; nil where they are not.
    package var append: AppendForm?
    /// Whether buckets can be file systems.
    package var hasFileSystems = false
    /// Whether a body may come in HTTP's own chunks, without its length.
    package var acceptsUnknownLength = false
    /// Whether a truncated listing of the first version always says where to go on.
    package var alwaysNamesNextMarker = false
    /// Whether creating a bucket that one owns already succeeds.
    package var recreatesBuckets = false
    /// Whether creating and listing buckets needs the id of a service instance, when the key does not imply it.
    package var needsServiceInstance = false
    package var features = StoreFeatures()

    /// The services whose manners a server can have.
    package enum ServiceName: String, CaseIterable, Sendable {
        case obs, cos, oos, s3
    }

    /// Another status or code for an error of S3's.
    package struct ErrorForm: Hashable, Sendable {
        package var status: Int
        package var code: String

        package init(_ status: Int, _ code: String) {
            self.status = status
            self.code = code
        }
    }

    /// How an append is asked for.
    package enum AppendForm: String, CaseIterable, Sendable {
        /// `POST ?append&position=N` (OBS)
        case post
        /// `PUT ?append&position=N` (Ceph)
        case rgw
        /// A PUT with the header `x-amz-write-offset-bytes` (directory buckets)
        case offset
    }

    package func header(_ name: String) -> String { headerPrefix + name }

    /// The error as this service tells it.
    package func form(of error: ServiceError) -> ServiceError {
        guard let form = errors[error.code] else { return error }
        var error = error
        (error.status, error.code) = (form.status, form.code)
        return error
    }

    /// The name on the wire of a class as it is kept.
    package func wireName(ofClass name: String) -> String {
        storageClassAliases.first { $0.value == name }?.key ?? name
    }

    /// The name under which a class is kept; nil for one that does not exist.
    package func storedClass(_ wireName: String) -> String? {
        storageClasses.contains(wireName) ? storageClassAliases[wireName] ?? wireName : nil
    }
}

/// How a request says who sends it.
package enum SignatureScheme: String, CaseIterable, Sendable {
    /// `AWS4-HMAC-SHA256`
    case v4
    /// `AWS KEY:SIGNATURE`
    case v2
    /// `OBS KEY:SIGNATURE`
    case obs
    /// A token of the identity service.
    case bearer
}
