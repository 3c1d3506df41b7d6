/// What a bucket is created with and keeps: its settings, by name.
struct BucketTraits {
    static let location = "location"
    static let storageClass = "storage-class"
    static let rootKey = "root-key"

    private(set) var settings: [String: String] = [:]

    /// From the headers of the request and its document, which may be absent.
    init(_ request: Request, _ root: XMLElement?, region: String) throws(ServiceError) {
        let dialect = request.dialect
        let text = (root?.text("LocationConstraint") ?? root?.text("Location"))?.trimmed
        // Where a bucket lies is shown by those services only whose clients look for it; the others have one place.
        if let text, !text.isEmpty, dialect.service == .cos || dialect.service == .obs { settings[Self.location] = String(text) }
        if dialect.hasFileSystems {
            if request.header("x-obs-fs-file-interface")?.lowercased() == "enabled" { settings[Bucket.fileSystemSetting] = "true" }
            let name = request.own("storage-class") ?? request.header("x-default-storage-class")
            if let name {
                guard let storageClass = dialect.storedClass(name) else { throw .invalidArgument("The storage class does not exist") }
                settings[Self.storageClass] = storageClass
            }
        }
        guard dialect.service == .cos, let key = request.header("ibm-sse-kp-customer-root-key-crn") else { return }
        guard request.header("ibm-sse-kp-encryption-algorithm") == "AES256" else {
            throw .invalidRequest("ibm-sse-kp-encryption-algorithm must be AES256")
        }
        settings[Self.rootKey] = key
    }
}
