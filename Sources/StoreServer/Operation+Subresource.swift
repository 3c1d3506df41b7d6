import NIOHTTP1

extension Operation {
    /// Sub-resources of buckets and objects: what each method means. A method that is not there is 405.
    private static let ofBucket: [String: [String: Operation]] = [
        "versioning": ["GET": .getBucketVersioning, "PUT": .putBucketVersioning],
        "versions": ["GET": .listObjectVersions],
        "tagging": ["GET": .getBucketTagging, "PUT": .putBucketTagging, "DELETE": .deleteBucketTagging],
        "acl": ["GET": .getBucketACL, "PUT": .putBucketACL],
        "object-lock": ["GET": .getObjectLockConfiguration, "PUT": .putObjectLockConfiguration],
        "protection": ["GET": .getBucketProtection, "PUT": .putBucketProtection],
        "lifecycle": ["GET": .getBucketLifecycle, "PUT": .putBucketLifecycle, "DELETE": .deleteBucketLifecycle],
        "requestPayment": ["GET": .getBucketRequestPayment, "PUT": .putBucketRequestPayment],
    ]

    private static let ofObject: [String: [String: Operation]] = [
        "tagging": ["GET": .getObjectTagging, "PUT": .putObjectTagging, "DELETE": .deleteObjectTagging],
        "acl": ["GET": .getObjectACL, "PUT": .putObjectACL],
        "retention": ["GET": .getObjectRetention, "PUT": .putObjectRetention],
        "legal-hold": ["GET": .getObjectLegalHold, "PUT": .putObjectLegalHold],
        "legalHold": ["GET": .listLegalHolds, "POST": .addLegalHold],
        "extendRetention": ["POST": .extendObjectRetention],
        "restore": ["POST": .restoreObject],
    ]

    /// The operation on a sub-resource that the request names; nil where it names none.
    static func subresource(_ method: HTTPMethod, _ name: ResourceName, _ target: RequestTarget) throws(ServiceError) -> Operation? {
        guard name.bucket != nil else { return nil }
        let known = name.key == nil ? ofBucket : ofObject
        try checkVersion(method, name, target)
        guard let methods = target.query.lazy.compactMap({ known[$0.name] }).first else { return nil }
        guard let operation = methods[method.rawValue] else { throw .methodNotAllowed }
        if operation == .addLegalHold, target.has("remove") { return .deleteLegalHold }
        return operation
    }

    /// A new object has no version to name; only what exists has.
    private static func checkVersion(_ method: HTTPMethod, _ name: ResourceName, _ target: RequestTarget) throws(ServiceError) {
        let writes = method == .PUT || method == .POST
        guard target.has("versionId"), name.key == nil || (writes && !target.query.contains { ofObject[$0.name] != nil }) else { return }
        throw .invalidArgument("This operation does not accept a version-id.")
    }

    /// Whether it counts against a requester who pays: work on objects, and listings.
    var isCharged: Bool {
        switch self {
        case .putObject, .getObject, .headObject, .deleteObject, .copyObject, .createMultipartUpload, .uploadPart, .uploadPartCopy,
            .completeMultipartUpload, .abortMultipartUpload, .listParts, .listObjects, .listObjectsV2, .listObjectVersions, .deleteObjects,
            .getObjectTagging, .putObjectTagging, .deleteObjectTagging, .getObjectACL, .putObjectACL, .restoreObject, .appendObject:
            true
        default: false
        }
    }
}

extension Service {
    /// Whether the service has the operation at all.
    func checkOffered(_ operation: Operation) throws(ServiceError) {
        guard !dialect.features.refused.contains(operation) else { throw .notImplemented(operation.rawValue) }
    }

    /// The operations on sub-resources.
    func respondToSubresource(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        switch request.operation {
        case .getBucketVersioning: try getVersioning(request)
        case .putBucketVersioning: try await putVersioning(request, claim)
        case .listObjectVersions: try listVersions(request)
        case .getBucketTagging: try getBucketTagging(request)
        case .putBucketTagging: try await putBucketTagging(request, claim)
        case .deleteBucketTagging: try deleteBucketTagging(request)
        case .getObjectTagging: try getObjectTagging(request)
        case .putObjectTagging: try await putObjectTagging(request, claim)
        case .deleteObjectTagging: try deleteObjectTagging(request)
        case .getBucketACL: try getBucketACL(request)
        case .putBucketACL: try await putBucketACL(request, claim)
        case .getObjectACL: try getObjectACL(request)
        case .putObjectACL: try await putObjectACL(request, claim)
        case .getBucketRequestPayment: try getRequestPayment(request)
        case .putBucketRequestPayment: try await putRequestPayment(request, claim)
        default: try await respondToLocks(request, claim)
        }
    }

    private func respondToLocks(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        switch request.operation {
        case .getObjectLockConfiguration: try getLockConfiguration(request)
        case .putObjectLockConfiguration: try await putLockConfiguration(request, claim)
        case .getObjectRetention: try getRetention(request)
        case .putObjectRetention: try await putRetention(request, claim)
        case .getObjectLegalHold: try getLegalHold(request)
        case .putObjectLegalHold: try await putLegalHold(request, claim)
        case .getBucketLifecycle: try getDocument(request)
        case .putBucketLifecycle: try await putLifecycle(request, claim)
        case .deleteBucketLifecycle: try deleteLifecycle(request)
        case .getBucketProtection: try getProtection(request)
        case .putBucketProtection: try await putProtection(request, claim)
        case .addLegalHold: try addLegalHold(request)
        case .deleteLegalHold: try deleteLegalHold(request)
        case .listLegalHolds: try listLegalHolds(request)
        case .extendObjectRetention: try extendRetention(request)
        case .restoreObject: try await restoreObject(request, claim)
        default: throw ServiceError.methodNotAllowed
        }
    }
}
