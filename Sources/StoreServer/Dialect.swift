package import ObjectStorage

/// What differs from service to service: names on the wire and limits. The code around it asks, and never names a service.
package struct Dialect: Sendable {
    /// Before the service's own headers, `x-amz-`.
    package var headerPrefix: String
    package var limits: StoreLimits
    /// What a request's bucket is a label in front of, when it is not in the path; without port.
    package var hosts: [String]
    /// The largest object that one copy request takes, in bytes.
    package var copyLimit: Int64
    /// How far a client's clock may be off, in seconds.
    package var clockTolerance: Int64
    /// For how long a presigned request may be valid, in seconds.
    package var longestPresigned: Int64
    /// Which storage classes exist; the first is what an object has that names none.
    package var storageClasses: [String]
    package var xmlNamespace: String

    package static let s3 = Dialect(
        headerPrefix: "x-amz-", limits: .s3, hosts: ["s3.localhost", "localhost"], copyLimit: 5 << 30, clockTolerance: 15 * 60,
        longestPresigned: 7 * 24 * 3600,
        storageClasses: [
            "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR",
        ],
        xmlNamespace: "http://s3.amazonaws.com/doc/2006-03-01/")

    func header(_ name: String) -> String { headerPrefix + name }
}
