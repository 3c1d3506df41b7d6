import FileSystemTypes
import ObjectStorage

/// A store with a moment to crash before and after each attempt of a request: `put.before`, `put.after` and so on.
struct CrashingStore: ObjectStore {
    let base: any ObjectStore
    let point: CrashPoint

    var limits: StoreLimits { base.limits }
    var capabilities: Capabilities { base.capabilities }

    private func at<Value>(_ name: String, _ request: () async throws(StoreError) -> Value) async throws(StoreError) -> Value {
        try await point.around(name, request)
    }

    func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        try await at("head") { () async throws(StoreError) in try await base.head(key, conditions) }
    }

    func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        try await at("get") { () async throws(StoreError) in try await base.get(key, range: range, conditions) }
    }

    func put(
        _ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try await at("put") { () async throws(StoreError) in try await base.put(key, body, attributes, condition) }
    }

    func delete(_ key: Key) async throws(StoreError) {
        try await at("delete") { () async throws(StoreError) in try await base.delete(key) }
    }

    func delete(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError] {
        try await at("delete") { () async throws(StoreError) in try await base.delete(keys) }
    }

    func copy(_ request: CopyRequest) async throws(StoreError) -> WriteReceipt {
        try await at("copy") { () async throws(StoreError) in try await base.copy(request) }
    }

    func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        try await at("list") { () async throws(StoreError) in try await base.list(request) }
    }

    func createUpload(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) -> UploadID {
        try await at("createUpload") { () async throws(StoreError) in try await base.createUpload(key, attributes) }
    }

    func uploadPart(_ upload: Upload, number: Int, _ body: any ByteSource) async throws(StoreError) -> UploadedPart {
        try await at("uploadPart") { () async throws(StoreError) in try await base.uploadPart(upload, number: number, body) }
    }

    func copyPart(_ upload: Upload, number: Int, from source: Key, range: ByteRange, ifSourceMatches: ETag?) async throws(StoreError) -> UploadedPart
    {
        try await at("copyPart") { () async throws(StoreError) in
            try await base.copyPart(upload, number: number, from: source, range: range, ifSourceMatches: ifSourceMatches)
        }
    }

    func completeUpload(_ upload: Upload, parts: [UploadedPart], _ condition: WriteCondition) async throws(StoreError) -> WriteReceipt {
        try await at("completeUpload") { () async throws(StoreError) in try await base.completeUpload(upload, parts: parts, condition) }
    }

    func abortUpload(_ upload: Upload) async throws(StoreError) {
        try await at("abortUpload") { () async throws(StoreError) in try await base.abortUpload(upload) }
    }

    func listParts(_ upload: Upload) async throws(StoreError) -> [UploadedPart] {
        try await at("listParts") { () async throws(StoreError) in try await base.listParts(upload) }
    }

    func listUploads(prefix: Key) async throws(StoreError) -> [Upload] {
        try await at("listUploads") { () async throws(StoreError) in try await base.listUploads(prefix: prefix) }
    }

    func append(_ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes) async throws(StoreError) -> AppendReceipt {
        try await at("append") { () async throws(StoreError) in try await base.append(key, at: position, body, attributes) }
    }

    func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt {
        try await at("modify") { () async throws(StoreError) in try await base.modify(key, at: position, body) }
    }

    func truncate(_ key: Key, to size: Int64) async throws(StoreError) {
        try await at("truncate") { () async throws(StoreError) in try await base.truncate(key, to: size) }
    }

    func rename(_ key: Key, to destination: Key) async throws(StoreError) {
        try await at("rename") { () async throws(StoreError) in try await base.rename(key, to: destination) }
    }

    func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) {
        try await at("replaceAttributes") { () async throws(StoreError) in try await base.replaceAttributes(key, attributes) }
    }
}
