import Foundation
import NIOHTTP1

/// What is counted from a bucket, and what limits it.
extension Service {
    /// How much is in a bucket: of all versions, by the storage class as the service keeps it.
    struct Usage {
        var size: Int64 = 0
        var objects = 0
        var classes: [String: (size: Int64, objects: Int)] = [:]

        mutating func add(_ object: StoredObject) {
            size += object.size
            objects += 1
            let name = object.manifest.attributes.storageClass
            let old = classes[name] ?? (0, 0)
            classes[name] = (old.size + object.size, old.objects + 1)
        }
    }

    func usage(of bucket: Bucket) -> Usage {
        bucket.reduce(Usage()) { $0.add($1) }
    }

    func getStorageInfo(_ request: Request) throws -> Response {
        let usage = usage(of: try bucket(request))
        return .xml(
            document("GetBucketStorageInfoResult") { xml in
                xml.element("Size", usage.size)
                xml.element("ObjectNumber", usage.objects)
                for (title, name) in [("Standard", "STANDARD"), ("Warm", "WARM"), ("Cold", "COLD"), ("DeepArchive", "DEEP_ARCHIVE")] {
                    let part = usage.classes[name] ?? (0, 0)
                    xml.element("\(title)Size", part.size)
                    xml.element("\(title)ObjectNumber", part.objects)
                }
            })
    }

    private static let quota = "quota"

    func getQuota(_ request: Request) throws -> Response {
        let quota = try bucket(request).settings[Self.quota] ?? "0"
        return .xml(document("Quota") { $0.element("StorageQuota", quota) })
    }

    /// Zero bytes stand for no limit.
    func putQuota(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        guard let root = try await requestDocument(request, claim), root.name == "Quota",
            let number = root.text("StorageQuota").flatMap({ Int64($0.trimmed) }), number >= 0
        else { throw ServiceError(400, "MalformedQuotaError", "The quota is not a number from 0 to 2^63-1") }
        try bucket.settings.change { $0[Self.quota] = number == 0 ? nil : String(number) }
        return Response(200)
    }

    /// Refuses what would not fit into the bucket any more. As in the service, what is being uploaded at the same time is not counted.
    func checkQuota(_ request: Request) throws(ServiceError) {
        let counted: Set<Operation> = [.putObject, .postObject, .appendObject, .uploadPart, .modifyObject]
        guard dialect.service == .obs, counted.contains(request.operation) else { return }
        let bucket = try bucket(request)
        guard let quota = bucket.settings[Self.quota].flatMap({ Int64($0) }) else { return }
        let coming = (request.own("decoded-content-length") ?? request.header("content-length")).flatMap { Int64($0) } ?? 0
        guard usage(of: bucket).size > quota - min(coming, quota) || coming > quota else { return }
        throw ServiceError(403, "InsufficientStorageSpace", "Insufficient storage space.")
    }

    func getStorageClass(_ request: Request) throws -> Response {
        let name = dialect.wireName(ofClass: try bucket(request).settings[BucketTraits.storageClass] ?? dialect.storageClasses[0])
        if dialect.isNative { return .xml(XMLWriter.text("StorageClass", namespace: dialect.xmlNamespace, name)) }
        return .xml(document("StoragePolicy") { $0.element("DefaultStorageClass", name) })
    }

    func putStorageClass(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        guard let root = try await requestDocument(request, claim) else { throw ServiceError.malformedXML }
        guard root.name == (dialect.isNative ? "StorageClass" : "StoragePolicy") else { throw ServiceError.malformedXML }
        let name = dialect.isNative ? root.text : root.text("DefaultStorageClass") ?? ""
        guard let stored = dialect.storedClass(String(name.trimmed)) else {
            throw ServiceError(400, "InvalidDefaultStorageClass", "The storage class does not exist")
        }
        try bucket.settings.change { $0[BucketTraits.storageClass] = stored }
        return Response(200)
    }

    /// A policy that allows something to everybody without a condition.
    func getPolicyStatus(_ request: Request) throws -> Response {
        let text = try bucket(request).settings["document.policy"]
        if text == nil, dialect.service == .s3 { throw ServiceError(404, "NoSuchBucketPolicy", "The bucket policy does not exist") }
        return .xml(document("PolicyStatus") { $0.element("IsPublic", text.map(Self.isPublic) ?? false) })
    }

    private static func isPublic(_ policy: String) -> Bool {
        let root = (try? JSONSerialization.jsonObject(with: Data(policy.utf8))) as? [String: Any]
        let statements = root?["Statement"] as? [[String: Any]] ?? (root?["Statement"] as? [String: Any]).map { [$0] } ?? []
        return statements.contains { statement in
            guard statement["Effect"] as? String == "Allow", statement["Condition"] == nil else { return false }
            if statement["Principal"] as? String == "*" { return true }
            let accounts = (statement["Principal"] as? [String: Any])?.values.flatMap { $0 as? [String] ?? ($0 as? String).map { [$0] } ?? [] }
            return accounts?.contains("*") ?? false
        }
    }
}
