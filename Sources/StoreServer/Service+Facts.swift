import NIOHTTP1
import ObjectStorage

extension Service {
    /// What an upload, a copy or the begin of a multipart upload says of the object to be, besides its headers.
    func newFacts(_ request: Request, in bucket: Bucket, isProtected: Bool) throws(ServiceError) -> ObjectFacts {
        let rules = bucket.rules
        var facts = ObjectFacts()
        facts.tags = try headerTags(request)
        if dialect.features.hasObjectACL { facts.access = try AccessList(request) }
        facts.lock = try headerLock(request, rules, isProtected: isProtected)
        if dialect.features.hasProtection { facts.protection = try headerProtection(request, rules, isProtected: isProtected) }
        facts.encryption = dialect.features.hasEncryption ? try Encryption(request) : nil
        return facts
    }

    /// What the answer to a write says of the version it made.
    func headers(ofWritten object: StoredObject, in bucket: Bucket, _ request: Request) -> HTTPHeaders {
        var headers = versionHeaders(of: object, in: bucket)
        headers.add(object.facts.encryption, request)
        return headers
    }

    /// What GET and HEAD say of a version besides its own headers.
    func addFacts(of object: StoredObject, in bucket: Bucket, _ request: Request, to headers: inout HTTPHeaders) {
        let facts = object.facts
        if let version = bucket.versionID(of: object) { headers.add(name: dialect.header("version-id"), value: version) }
        if !facts.tags.isEmpty { headers.add(name: dialect.header("tagging-count"), value: String(facts.tags.count)) }
        if let text = facts.restoration?.headerText(now: request.now) { headers.add(name: dialect.header("restore"), value: text) }
        if let text = object.manifest.expiryText { headers.add(name: "x-obs-expiration", value: text) }
        headers.add(facts.lock, dialect)
        headers.add(facts.protection)
        headers.add(facts.encryption, request)
    }

    /// Refuses a read of what is archived, or encrypted with another key than the request's.
    func checkAccess(_ object: StoredObject, _ request: Request, keyPrefix: String = "server-side-encryption-customer") throws(ServiceError) {
        if dialect.features.hasEncryption { try Encryption.check(object.facts.encryption, CustomerKey(request, keyPrefix)) }
        if request.operation != .headObject { try checkReadable(object, now: request.now) }
    }
}

extension Request {
    /// If-Match of a delete.
    func deletePrecondition() throws(ServiceError) -> WritePrecondition {
        guard dialect.features.hasWriteConditions else { return .none }
        return WritePrecondition(matches: header("if-match").map { EntityTags($0) })
    }
}
