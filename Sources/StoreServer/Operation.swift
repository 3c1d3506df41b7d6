import NIOHTTP1

/// The operations of the service; the names are those of its documentation, and of the counters.
package enum Operation: String, CaseIterable, Hashable, Sendable {
    case listBuckets = "ListBuckets"
    case createBucket = "CreateBucket"
    case headBucket = "HeadBucket"
    case deleteBucket = "DeleteBucket"
    case getBucketLocation = "GetBucketLocation"
    case listObjects = "ListObjects"
    case listObjectsV2 = "ListObjectsV2"
    case listMultipartUploads = "ListMultipartUploads"
    case deleteObjects = "DeleteObjects"
    case putObject = "PutObject"
    case postObject = "PostObject"
    case getObject = "GetObject"
    case headObject = "HeadObject"
    case deleteObject = "DeleteObject"
    case copyObject = "CopyObject"
    case createMultipartUpload = "CreateMultipartUpload"
    case uploadPart = "UploadPart"
    case uploadPartCopy = "UploadPartCopy"
    case completeMultipartUpload = "CompleteMultipartUpload"
    case abortMultipartUpload = "AbortMultipartUpload"
    case listParts = "ListParts"
    case getBucketVersioning = "GetBucketVersioning"
    case putBucketVersioning = "PutBucketVersioning"
    case listObjectVersions = "ListObjectVersions"
    case getBucketTagging = "GetBucketTagging"
    case putBucketTagging = "PutBucketTagging"
    case deleteBucketTagging = "DeleteBucketTagging"
    case getObjectTagging = "GetObjectTagging"
    case putObjectTagging = "PutObjectTagging"
    case deleteObjectTagging = "DeleteObjectTagging"
    case getBucketACL = "GetBucketAcl"
    case putBucketACL = "PutBucketAcl"
    case getObjectACL = "GetObjectAcl"
    case putObjectACL = "PutObjectAcl"
    case getBucketRequestPayment = "GetBucketRequestPayment"
    case putBucketRequestPayment = "PutBucketRequestPayment"
    case getObjectLockConfiguration = "GetObjectLockConfiguration"
    case putObjectLockConfiguration = "PutObjectLockConfiguration"
    case getObjectRetention = "GetObjectRetention"
    case putObjectRetention = "PutObjectRetention"
    case getObjectLegalHold = "GetObjectLegalHold"
    case putObjectLegalHold = "PutObjectLegalHold"
    case getBucketProtection = "GetBucketProtectionConfiguration"
    case putBucketProtection = "PutBucketProtectionConfiguration"
    case addLegalHold = "AddLegalHold"
    case deleteLegalHold = "DeleteLegalHold"
    case listLegalHolds = "ListLegalHolds"
    case extendObjectRetention = "ExtendObjectRetention"
    case restoreObject = "RestoreObject"
    case getBucketLifecycle = "GetBucketLifecycleConfiguration"
    case putBucketLifecycle = "PutBucketLifecycleConfiguration"
    case deleteBucketLifecycle = "DeleteBucketLifecycle"
    case getBucketDocument = "GetBucketDocument"
    case putBucketDocument = "PutBucketDocument"
    case deleteBucketDocument = "DeleteBucketDocument"
    case getBucketResource = "GetBucketResource"
    case patchBucketResource = "PatchBucketResource"
    case getBucketPolicyStatus = "GetBucketPolicyStatus"
    case getBucketStorageInfo = "GetBucketStorageInfo"
    case getBucketQuota = "GetBucketQuota"
    case putBucketQuota = "PutBucketQuota"
    case getBucketStorageClass = "GetBucketStorageClass"
    case putBucketStorageClass = "PutBucketStorageClass"
    case appendObject = "AppendObject"
    case modifyObject = "ModifyObject"
    case truncateObject = "TruncateObject"
    case renameObject = "RenameObject"
    case setObjectMetadata = "SetObjectMetadata"
    case getAPIVersion = "GetApiVersion"
    /// A request that is none of these.
    case unknown = "Unknown"

    /// Whether clients retry it against a listing; garbage XML applies to these only.
    var isListing: Bool {
        self == .listObjects || self == .listObjectsV2 || self == .listMultipartUploads || self == .listParts || self == .listObjectVersions
    }
}

extension Operation {
    /// Sub-resources that services of this kind have and this one has not. A client that names one must not find its object overwritten instead.
    private static let refused: Set<String> = [
        "accelerate", "acl", "analytics", "append", "attributes", "cors", "encryption", "extendRetention", "intelligent-tiering", "inventory",
        "legal-hold", "legalHold", "lifecycle", "logging", "metadata", "metrics", "modify", "notification", "object-lock", "ownershipControls",
        "policy", "policyStatus", "protection", "publicAccessBlock", "rename", "renameObject", "replication", "requestPayment", "restore",
        "retention", "select", "session", "tagging", "torrent", "truncate", "versioning", "versions", "website",
    ]

    /// The operation that a request asks for.
    static func find(_ method: HTTPMethod, _ name: ResourceName, _ target: RequestTarget, isCopy: Bool) throws(ServiceError) -> Operation {
        if let operation = try subresource(method, name, target) { return operation }
        // MinIO's parameter of listings, which others ignore.
        let isListing = method == .GET && name.key == nil && target["list-type"] == "2"
        let named = target.query.first { refused.contains($0.name) && !(isListing && $0.name == "metadata") }
        if let named { throw .notImplemented(named.name) }
        let operation: Operation?
        if name.key != nil {
            operation = object(method, target, isCopy: isCopy)
        } else if name.bucket != nil {
            operation = bucket(method, target)
        } else {
            operation = method == .GET ? .listBuckets : nil
        }
        guard let operation else { throw .methodNotAllowed }
        return operation
    }

    private static func bucket(_ method: HTTPMethod, _ target: RequestTarget) -> Operation? {
        switch method {
        case .GET:
            if target.has("location") { return .getBucketLocation }
            if target.has("uploads") { return .listMultipartUploads }
            return target["list-type"] == "2" ? .listObjectsV2 : .listObjects
        case .PUT: return .createBucket
        case .HEAD: return .headBucket
        case .DELETE: return .deleteBucket
        case .POST: return target.has("delete") ? .deleteObjects : target.query.isEmpty ? .postObject : nil
        default: return nil
        }
    }

    private static func object(_ method: HTTPMethod, _ target: RequestTarget, isCopy: Bool) -> Operation? {
        let isPart = target.has("uploadId")
        switch method {
        case .GET: return isPart ? .listParts : .getObject
        case .HEAD: return .headObject
        case .PUT where isPart: return isCopy ? .uploadPartCopy : .uploadPart
        case .PUT: return isCopy ? .copyObject : .putObject
        case .DELETE: return isPart ? .abortMultipartUpload : .deleteObject
        case .POST where target.has("uploads"): return .createMultipartUpload
        case .POST: return isPart ? .completeMultipartUpload : nil
        default: return nil
        }
    }
}
