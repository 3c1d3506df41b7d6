import NIOHTTP1

extension Operation {
    /// The operations that only some services have, or that are asked for in another way by each; nil for all others.
    static func find(
        _ head: HTTPRequestHead, _ name: ResourceName, _ target: RequestTarget, _ dialect: Dialect
    ) throws(ServiceError) -> Operation? {
        if dialect.service == .obs, head.method == .HEAD, name.key == nil, target.has("apiversion") { return .getAPIVersion }
        if Service.resourceBucket(name, dialect) != nil { return try onResource(head.method) }
        guard name.key != nil else { return try onDocument(head, name, target, dialect) }
        if let operation = try append(head, target, dialect) { return operation }
        guard dialect.service == .obs else { return nil }
        switch head.method {
        case .PUT where target.has("metadata"): return .setObjectMetadata
        case .PUT where target.has("modify"): return .modifyObject
        case .PUT where target.has("truncate"): return .truncateObject
        case .POST where target.has("rename"): return .renameObject
        default: return nil
        }
    }

    private static func onResource(_ method: HTTPMethod) throws(ServiceError) -> Operation {
        switch method {
        case .GET: .getBucketResource
        case .PATCH: .patchBucketResource
        default: throw .methodNotAllowed
        }
    }

    private static func append(_ head: HTTPRequestHead, _ target: RequestTarget, _ dialect: Dialect) throws(ServiceError) -> Operation? {
        let hasOffset = head.method == .PUT && head.headers.contains(name: dialect.header("write-offset-bytes"))
        switch dialect.append {
        case .post where head.method == .POST && target.has("append"): return .appendObject
        case .rgw where head.method == .PUT && target.has("append"): return .appendObject
        case .offset where hasOffset: return .appendObject
        default:
            // Where it is unknown, the object must not be overwritten by what was meant to come after it.
            if hasOffset { throw .notImplemented(dialect.header("write-offset-bytes")) }
            return nil
        }
    }
}
