package import FileSystemTypes
package import ObjectStorage

/// A store that does something around the requests of another store: any store in, any store out.
///
/// A conforming type says what in `perform`, through which every request goes; methods that need more it replaces.
package protocol RequestDecorator: ObjectStore {
    associatedtype Base: ObjectStore

    var base: Base { get }

    /// Runs `body`, which sends the request, once or not at all.
    func perform<Value: Sendable>(_ call: StoreCall, _ body: () async throws(StoreError) -> Value) async throws(StoreError) -> Value
}

/// Questions.
extension RequestDecorator {
    package var limits: StoreLimits { base.limits }
    package var capabilities: Capabilities { base.capabilities }

    package func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        try await perform(.asking(.head)) { () async throws(StoreError) in try await base.head(key, conditions) }
    }

    package func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        try await perform(.asking(.get(range?.count))) { () async throws(StoreError) in try await base.get(key, range: range, conditions) }
    }

    package func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        try await perform(.asking(.list)) { () async throws(StoreError) in try await base.list(request) }
    }

    package func listVersions(_ query: VersionQuery) async throws(StoreError) -> VersionPage {
        try await perform(.asking(.list)) { () async throws(StoreError) in try await base.listVersions(query) }
    }

    package func listParts(_ upload: Upload) async throws(StoreError) -> [UploadedPart] {
        try await perform(.changing([])) { () async throws(StoreError) in try await base.listParts(upload) }
    }

    package func listUploads(prefix: Key) async throws(StoreError) -> [Upload] {
        try await perform(.changing([])) { () async throws(StoreError) in try await base.listUploads(prefix: prefix) }
    }
}

/// Objects and parts.
extension RequestDecorator {
    package func put(
        _ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try await perform(.sending(body.count, changes: [key])) { () async throws(StoreError) in
            try await base.put(key, body, attributes, condition)
        }
    }

    package func delete(_ key: Key) async throws(StoreError) {
        try await perform(.changing([key])) { () async throws(StoreError) in try await base.delete(key) }
    }

    package func delete(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError] {
        try await perform(.changing(keys)) { () async throws(StoreError) in try await base.delete(keys) }
    }

    package func copy(_ request: CopyRequest) async throws(StoreError) -> WriteReceipt {
        try await perform(.copying(to: [request.destination])) { () async throws(StoreError) in try await base.copy(request) }
    }

    package func createUpload(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) -> UploadID {
        try await perform(.changing([])) { () async throws(StoreError) in try await base.createUpload(key, attributes) }
    }

    package func uploadPart(_ upload: Upload, number: Int, _ body: any ByteSource) async throws(StoreError) -> UploadedPart {
        try await perform(.sending(body.count, changes: [])) { () async throws(StoreError) in
            try await base.uploadPart(upload, number: number, body)
        }
    }

    package func copyPart(
        _ upload: Upload, number: Int, from source: Key, range: ByteRange, ifSourceMatches: ETag?
    ) async throws(StoreError) -> UploadedPart {
        try await perform(.copying(to: [])) { () async throws(StoreError) in
            try await base.copyPart(upload, number: number, from: source, range: range, ifSourceMatches: ifSourceMatches)
        }
    }

    package func completeUpload(_ upload: Upload, parts: [UploadedPart], _ condition: WriteCondition) async throws(StoreError) -> WriteReceipt {
        try await perform(.changing([upload.key])) { () async throws(StoreError) in
            try await base.completeUpload(upload, parts: parts, condition)
        }
    }

    package func abortUpload(_ upload: Upload) async throws(StoreError) {
        try await perform(.changing([])) { () async throws(StoreError) in try await base.abortUpload(upload) }
    }
}

/// Changes in place.
extension RequestDecorator {
    package func append(
        _ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes
    ) async throws(StoreError) -> AppendReceipt {
        try await perform(.sending(body.count, changes: [key])) { () async throws(StoreError) in
            try await base.append(key, at: position, body, attributes)
        }
    }

    package func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt {
        try await perform(.sending(body.count, changes: [key])) { () async throws(StoreError) in
            try await base.modify(key, at: position, body)
        }
    }

    package func truncate(_ key: Key, to size: Int64) async throws(StoreError) {
        try await perform(.changing([key])) { () async throws(StoreError) in try await base.truncate(key, to: size) }
    }

    package func rename(_ key: Key, to destination: Key) async throws(StoreError) {
        try await perform(.changing([key, destination])) { () async throws(StoreError) in try await base.rename(key, to: destination) }
    }

    package func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) {
        try await perform(.changing([key])) { () async throws(StoreError) in try await base.replaceAttributes(key, attributes) }
    }
}
