internal import FileSystemTypes
internal import ObjectStorage
internal import Signing

/// What a new bucket is to be like; what is not said is as the store has it.
package struct BucketWishes: Hashable, Sendable {
    /// Where it is to lie, in the store's own words. CTYun OOS: where its index is kept.
    package var location: String?
    /// Where CTYun OOS keeps its bytes, in the order of preference.
    package var dataLocations: [String] = []
    /// CTYun OOS: bytes may go elsewhere when those places are full.
    package var mayGoElsewhere = true
    /// In the store's own words. IBM COS: `standard`, `vault`, `cold` or `smart`, a property of the bucket there.
    package var storageClass: String?
    /// A canned access-control list.
    package var accessControl: String?
    /// Versions of its objects can be locked.
    package var objectLock = false
    /// Huawei OBS: a parallel file system.
    package var fileSystem = false
    /// Huawei OBS: kept in several availability zones.
    package var multipleZones = false
    /// IBM COS: the CRN of the root key in Key Protect that its bytes are encrypted with.
    package var rootKey: String?
    /// IBM COS: the instance that it is to belong to, instead of the one that the credentials name.
    package var serviceInstance: String?

    package init() {}

    /// The request that makes it. Fails where the dialect has nothing of the kind.
    ///
    /// Source: "Creating a Bucket", OBS API Reference; "Bucket operations", IBM Cloud Docs; "PUT Bucket", OOS Developer's Guide;
    /// CreateBucket, Amazon S3 API Reference.
    func request(_ name: BucketName, _ dialect: Dialect, _ endpoint: Endpoint, region: String) throws(StoreError) -> StoreRequest {
        try check(dialect)
        var request = StoreRequest("PUT", name)
        if let accessControl { request.headers.append(HeaderField(dialect.header("acl"), accessControl)) }
        if objectLock { request.headers.append(HeaderField(dialect.header("bucket-object-lock-enabled"), "true")) }
        let place: [String]
        switch dialect.family {
        case .s3: place = self.place(location ?? (endpoint.isAmazon ? region : nil), unless: "us-east-1", as: "LocationConstraint")
        case .obs:
            place = self.place(location ?? endpoint.region, as: dialect.headerPrefix == "x-obs-" ? "Location" : "LocationConstraint")
            addHuawei(&request, dialect)
        case .cos:
            place = self.place(try provisioningCode(endpoint), as: "LocationConstraint")
            addIBM(&request)
        case .oos:
            if let document = locations { request.body = BytesSource(document) }
            return request
        }
        if let element = place.first, let text = place.last { request.body = BytesSource(Self.document { $0.element(element, text) }) }
        return request
    }

    /// The element and its text; nothing where there is nothing to say.
    private func place(_ text: String?, unless usual: String? = nil, as element: String) -> [String] {
        guard let text, text != usual else { return [] }
        return [element, text]
    }

    private func check(_ dialect: Dialect) throws(StoreError) {
        let isHere: (Dialect.Family) -> Bool = { dialect.family == $0 }
        let refused: String? =
            if fileSystem, !isHere(.obs) {
                "file systems"
            } else if multipleZones, !isHere(.obs) {
                "a choice of zones"
            } else if rootKey != nil || serviceInstance != nil, !isHere(.cos) {
                "root keys and service instances of IBM Cloud"
            } else if !dataLocations.isEmpty || !mayGoElsewhere, !isHere(.oos) {
                "data locations"
            } else if objectLock, isHere(.oos) {
                "locks"
            } else if storageClass != nil, isHere(.s3) || isHere(.oos) {
                "a storage class of the bucket (give --storage-class when mounting)"
            } else {
                nil
            }
        if let refused { throw StoreError(.unsupported, "buckets of \(dialect.family.title) do not have \(refused)") }
    }

    /// Headers that keep their prefix in both forms of the protocol, and one that does not.
    private func addHuawei(_ request: inout StoreRequest, _ dialect: Dialect) {
        if let storageClass {
            let name = dialect.headerPrefix == "x-obs-" ? "x-obs-storage-class" : "x-default-storage-class"
            request.headers.append(HeaderField(name, storageClass))
        }
        if fileSystem { request.headers.append(HeaderField("x-obs-fs-file-interface", "Enabled")) }
        if multipleZones { request.headers.append(HeaderField("x-obs-az-redundancy", "3az")) }
    }

    private func addIBM(_ request: inout StoreRequest) {
        if let rootKey {
            request.headers.append(HeaderField("ibm-sse-kp-encryption-algorithm", "AES256"))
            request.headers.append(HeaderField("ibm-sse-kp-customer-root-key-crn", rootKey))
        }
        if let serviceInstance { request.headers.append(HeaderField("ibm-service-instance-id", serviceInstance)) }
    }

    /// `us-south-standard`: the place and the class in one word; a location that has the class already is taken as it is.
    private func provisioningCode(_ endpoint: Endpoint) throws(StoreError) -> String? {
        guard let storageClass else { return location }
        guard let place = location ?? endpoint.region else {
            throw StoreError(.invalidRequest, "a storage class of IBM COS goes with a place; give --location, e.g. us-south")
        }
        return "\(place)-\(storageClass.lowercased())"
    }

    private var locations: Bytes? {
        guard location != nil || !dataLocations.isEmpty || !mayGoElsewhere else { return nil }
        return Self.document { writer in
            if let location { writer.element("MetadataLocationConstraint") { $0.element("Location", location) } }
            writer.element("DataLocationConstraint") { writer in
                writer.element("Type", dataLocations.isEmpty ? "Local" : "Specified")
                if !dataLocations.isEmpty {
                    writer.element("LocationList") { writer in for place in dataLocations { writer.element("Location", place) } }
                }
                writer.element("ScheduleStrategy", mayGoElsewhere ? "Allowed" : "NotAllowed")
            }
        }
    }

    private static func document(_ content: (inout XMLWriter) -> Void) -> Bytes {
        var writer = XMLWriter()
        writer.element("CreateBucketConfiguration", namespace: "http://s3.amazonaws.com/doc/2006-03-01/", content)
        return writer.bytes
    }
}
