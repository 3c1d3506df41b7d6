import NIOHTTP1

/// A setting of buckets that is kept as the document that came: which services have it, and in which words.
struct StoredDocument: Sendable {
    /// What is answered where nothing was set.
    enum Absence: Hashable, Sendable {
        /// 404 with this code.
        case error(String)
        /// The document without content.
        case empty
    }

    /// How several of a kind are told apart.
    struct Items: Hashable, Sendable {
        /// The parameter with the name; nil where the sub-resource's own value is the name.
        var parameter: String?
        /// The root of the list of all.
        var list: String
        /// Elements of a document that is the item itself; nil where a name is all that comes.
        var element: String?
        /// Where in the element its name stands.
        var nameElement: String
    }

    var resource: String
    /// The document's root; nil for JSON.
    var root: String?
    var absence: Absence
    var isDeletable = true
    /// What a PUT is answered with.
    var status = 200
    /// Whether a PUT must carry Content-MD5 or a checksum.
    var needsDigest = false
    var items: Items?

    init(_ resource: String, _ root: String?, _ absence: Absence) {
        self.resource = resource
        self.root = root
        self.absence = absence
    }

    private func with(_ change: (inout StoredDocument) -> Void) -> StoredDocument {
        var copy = self
        change(&copy)
        return copy
    }

    private static let lifecycle = StoredDocument("lifecycle", "LifecycleConfiguration", .error("NoSuchLifecycleConfiguration")).digested
    private static let cors = StoredDocument("cors", "CORSConfiguration", .error("NoSuchCORSConfiguration")).digested
    private static let website = StoredDocument("website", "WebsiteConfiguration", .error("NoSuchWebsiteConfiguration"))
    private static let logging = StoredDocument("logging", "BucketLoggingStatus", .empty).kept
    private static let notification = StoredDocument("notification", "NotificationConfiguration", .empty).kept
    private static let accelerate = StoredDocument("accelerate", "AccelerateConfiguration", .empty).kept
    private static let policy = StoredDocument("policy", nil, .error("NoSuchBucketPolicy")).with { $0.status = 204 }

    private var digested: StoredDocument { with { $0.needsDigest = true } }
    /// It is changed, never removed.
    private var kept: StoredDocument { with { $0.isDeletable = false } }

    private static func encryption(_ code: String) -> StoredDocument {
        StoredDocument("encryption", "ServerSideEncryptionConfiguration", .error(code))
    }

    private static func replication(_ code: String) -> StoredDocument {
        StoredDocument("replication", "ReplicationConfiguration", .error(code)).digested
    }

    private static func publicAccess(_ code: String = "NoSuchPublicAccessBlockConfiguration") -> StoredDocument {
        StoredDocument("publicAccessBlock", "PublicAccessBlockConfiguration", .error(code)).digested
    }

    private static func inventory(_ list: String, _ code: String) -> StoredDocument {
        StoredDocument("inventory", "InventoryConfiguration", .error(code)).with {
            $0.items = Items(parameter: "id", list: list, element: "InventoryConfiguration", nameElement: "Id")
        }
    }

    static let ofS3: [StoredDocument] = [
        lifecycle, cors, website.digested, logging, notification, accelerate, policy,
        encryption("ServerSideEncryptionConfigurationNotFoundError").digested,
        replication("ReplicationConfigurationNotFoundError"), publicAccess(),
        StoredDocument("ownershipControls", "OwnershipControls", .error("OwnershipControlsNotFoundError")).digested,
        inventory("ListInventoryConfigurationsResult", "NoSuchConfiguration"),
    ]

    static let ofOBS: [StoredDocument] = [
        lifecycle, cors, website, logging, notification, policy, encryption("NoSuchEncryptionConfiguration"),
        replication("NoSuchReplicationConfiguration"), publicAccess(),
        StoredDocument("directcoldaccess", "DirectColdAccessConfiguration", .error("NoSuchDirectColdAccessConfiguration")).digested,
        inventory("ListInventoryConfiguration", "NoSuchInventoryConfiguration"),
        StoredDocument("customdomain", nil, .empty).with {
            $0.items = Items(parameter: nil, list: "ListBucketCustomDomainsResult", element: nil, nameElement: "DomainName")
        },
    ]

    static let ofCOS: [StoredDocument] = [
        lifecycle, cors, website.digested, replication("ReplicationConfigurationNotFoundError"), publicAccess(),
    ]

    static let ofOOS: [StoredDocument] = [
        lifecycle, cors.with { $0.needsDigest = false }, website, logging, accelerate, policy.with { $0.absence = .error("NoSuchPolicy") },
        StoredDocument("trigger", "TriggerConfiguration", .error("NoSuchTrigger")).with {
            $0.items = Items(parameter: nil, list: "TriggerConfiguration", element: "Trigger", nameElement: "TriggerName")
        },
    ]
}

extension Dialect {
    var storedDocuments: [StoredDocument] {
        switch service {
        case .s3: StoredDocument.ofS3
        case .obs: StoredDocument.ofOBS
        case .cos: StoredDocument.ofCOS
        case .oos: StoredDocument.ofOOS
        }
    }

    /// The document that a request on a bucket names; nil where it names none.
    func storedDocument(_ target: RequestTarget) -> StoredDocument? {
        storedDocuments.first { target.has($0.resource) }
    }
}

extension Operation {
    /// On a document that is kept as it comes, or on what is counted from a bucket; nil for anything else.
    static func onDocument(
        _ head: HTTPRequestHead, _ name: ResourceName, _ target: RequestTarget, _ dialect: Dialect
    ) throws(ServiceError) -> Operation? {
        guard name.bucket != nil, name.key == nil else { return nil }
        if let operation = try ofCounted(head.method, target, dialect) { return operation }
        guard let document = dialect.storedDocument(target) else { return nil }
        let isLifecycle = document.resource == "lifecycle"
        switch head.method {
        case .GET: return isLifecycle ? .getBucketLifecycle : .getBucketDocument
        case .PUT: return isLifecycle ? .putBucketLifecycle : .putBucketDocument
        case .DELETE where document.isDeletable: return isLifecycle ? .deleteBucketLifecycle : .deleteBucketDocument
        default: throw .methodNotAllowed
        }
    }

    private static func ofCounted(_ method: HTTPMethod, _ target: RequestTarget, _ dialect: Dialect) throws(ServiceError) -> Operation? {
        let isHuawei = dialect.service == .obs
        let operation: Operation?
        if target.has("policyStatus"), isHuawei || dialect.service == .s3 {
            operation = method == .GET ? .getBucketPolicyStatus : nil
        } else if isHuawei, target.has("storageinfo") {
            operation = method == .GET ? .getBucketStorageInfo : nil
        } else if isHuawei, target.has("quota") {
            operation = method == .GET ? .getBucketQuota : method == .PUT ? .putBucketQuota : nil
        } else if isHuawei, target.has(dialect.isNative ? "storageClass" : "storagePolicy") {
            operation = method == .GET ? .getBucketStorageClass : method == .PUT ? .putBucketStorageClass : nil
        } else {
            return nil
        }
        guard let operation else { throw .methodNotAllowed }
        return operation
    }
}
