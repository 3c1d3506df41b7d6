import Content
import FileSystemTypes
import ObjectStorage
import TestSupport

/// A `ModelFile` whose objects, and whose upload, are really in a store.
struct StoredFile: Sendable {
    private static let key = Key("file")
    private static let old = ObjectAttributes(metadata: ["state": "old"])

    let file: ModelFile
    let setting: StoreSetting
    let bucket: MemoryBucket
    /// The file's map with the versions that the store gave.
    private(set) var map: ExtentMap
    private var upload: Upload?

    /// Puts the objects into a new store, and begins the upload.
    init(_ file: ModelFile, _ setting: StoreSetting) async throws {
        self.file = file
        self.setting = setting
        let name = BucketName("b")
        bucket = MemoryStore(limits: setting.limits, capabilities: setting.capabilities, buckets: [name]).bucket(name)
        map = file.map
        for (version, bytes) in file.objects {
            let appendable = setting.baseIsAppendable && version.key == Self.key
            let etag = appendable ? try await append(version.key, bytes) : try await store(version.key, bytes)
            map.replaceSource(version, with: ObjectVersion(key: version.key, etag: etag, size: version.size))
        }
        try await beginUpload()
        bucket.resetCounts()
    }

    private func store(_ key: Key, _ bytes: [UInt8]) async throws -> ETag? {
        if bytes.count <= setting.limits.singlePut {
            return try await bucket.put(key, BytesSource(Bytes(bytes)), Self.old, .always).etag
        }
        let upload = Upload(key: key, id: try await bucket.createUpload(key, Self.old))
        let size = Int(setting.limits.maximumPart)
        var parts: [UploadedPart] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let body = BytesSource(Bytes(bytes[start..<min(start + size, bytes.count)]))
            parts.append(try await bucket.uploadPart(upload, number: parts.count + 1, body))
        }
        return try await bucket.completeUpload(upload, parts: parts, .always).etag
    }

    private func append(_ key: Key, _ bytes: [UInt8]) async throws -> ETag? {
        try await bucket.append(key, at: 0, BytesSource(Bytes(bytes)), Self.old).etag
    }

    private mutating func beginUpload() async throws {
        guard setting.hasUpload else { return }
        let created = setting.uploadCarriesAttributes ? attributes : ObjectAttributes(metadata: ["state": "stale"])
        let upload = Upload(key: Self.key, id: try await bucket.createUpload(Self.key, created))
        for (number, part) in file.sent where !file.underWay.contains(number) {
            guard number <= setting.limits.parts, part.bytes.count <= setting.limits.maximumPart else { continue }
            _ = try await bucket.uploadPart(upload, number: number, BytesSource(Bytes(part.bytes)))
        }
        self.upload = upload
    }

    private var attributes: ObjectAttributes {
        setting.attributesChanged || file.map.base == nil ? ObjectAttributes(metadata: ["state": "new"]) : Self.old
    }

    var situation: UploadSituation {
        UploadSituation(
            attributesChanged: setting.attributesChanged, appendPosition: setting.baseIsAppendable ? map.base?.size : nil,
            upload: setting.hasUpload ? RunningUpload(carriesAttributes: setting.uploadCarriesAttributes) : nil)
    }

    /// What goes wrong when `plan` is carried out: it is refused, leaves other bytes or attributes, or costs other than it says.
    func failure(of plan: UploadPlan) async -> String? {
        let executor = PlanExecutor(bucket: bucket, key: Self.key, staging: file.staging, attributes: attributes, upload: upload)
        do {
            try await executor.run(plan, base: map.base)
            return try await check(plan.cost)
        } catch {
            return "\(error)"
        }
    }

    private func check(_ cost: PlanCost) async throws -> String? {
        let counts = bucket.counts
        guard counts.total == cost.requests, counts.bytesReceived == cost.up, counts.bytesSent == cost.down else {
            return "said to cost \(cost), did \(counts)"
        }
        let content = try await bucket.get(Self.key, range: nil, ReadConditions())
        let bytes = try await content.collect().contiguous
        if bytes != file.bytes { return "the object has \(bytes.count) other bytes than the file's \(file.bytes.count)" }
        if content.info.metadata != attributes.metadata { return "the object has other attributes: \(content.info.metadata)" }
        let left = try await bucket.listUploads(prefix: Self.key)
        return left.isEmpty ? nil : "an upload is left over"
    }
}
