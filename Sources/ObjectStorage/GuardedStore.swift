package import FileSystemTypes

/// Holds conditions of writes also where the store does not know them, by looking right before the write.
///
/// Between the look and the write another client may still come in: a store that knows conditions is asked to hold them itself.
package struct GuardedStore<Base: ObjectStore>: ObjectStore {
    let base: Base

    package init(_ base: Base) {
        self.base = base
    }

    package var limits: StoreLimits { base.limits }
    package var capabilities: Capabilities { base.capabilities }

    package func put(
        _ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        let left = try await check(condition, of: key, absent: capabilities.putIfAbsent, matches: capabilities.putIfMatches)
        return try await base.put(key, body, attributes, left)
    }

    package func completeUpload(_ upload: Upload, parts: [UploadedPart], _ condition: WriteCondition) async throws(StoreError) -> WriteReceipt {
        let left = try await check(
            condition, of: upload.key, absent: capabilities.completeIfAbsent, matches: capabilities.completeIfMatches)
        return try await base.completeUpload(upload, parts: parts, left)
    }

    package func copy(_ request: CopyRequest) async throws(StoreError) -> WriteReceipt {
        if !capabilities.copyIfSourceMatches, let etag = request.ifSourceMatches {
            try await check(source: request.source, is: etag)
        }
        return try await base.copy(request)
    }

    package func copyPart(
        _ upload: Upload, number: Int, from source: Key, range: ByteRange, ifSourceMatches: ETag?
    ) async throws(StoreError) -> UploadedPart {
        if !capabilities.partCopyIfSourceMatches, let etag = ifSourceMatches {
            try await check(source: source, is: etag)
        }
        return try await base.copyPart(upload, number: number, from: source, range: range, ifSourceMatches: ifSourceMatches)
    }

    /// The condition that the store itself is to hold, after the others were found to hold now.
    private func check(_ condition: WriteCondition, of key: Key, absent: Bool, matches: Bool) async throws(StoreError) -> WriteCondition {
        switch condition {
        case .always: return .always
        case .absent:
            if absent { return condition }
            if try await etag(of: key) != nil { throw Self.failed(key, "written", "it is there already") }
        case .matches(let etag):
            if matches { return condition }
            if try await self.etag(of: key) != etag { throw Self.failed(key, "written", "it is another version") }
        }
        return .always
    }

    /// A source that is gone is `noSuchKey`, as a store says that holds the condition itself.
    private func check(source key: Key, is etag: ETag) async throws(StoreError) {
        guard try await base.head(key, ReadConditions()).etag == etag else { throw Self.failed(key, "copied", "it is another version") }
    }

    private func etag(of key: Key) async throws(StoreError) -> ETag? {
        do throws(StoreError) {
            return try await base.head(key, ReadConditions()).etag ?? ETag("")
        } catch {
            guard error.reason == .noSuchKey else { throw error }
            return nil
        }
    }

    private static func failed(_ key: Key, _ done: String, _ why: String) -> StoreError {
        var error = StoreError(.preconditionFailed, "\(key) was not \(done): \(why)")
        error.operation = "HEAD \(key)"
        return error
    }
}

/// Everything else goes through as it is.
extension GuardedStore {
    package func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        try await base.head(key, conditions)
    }

    package func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        try await base.get(key, range: range, conditions)
    }

    package func delete(_ key: Key) async throws(StoreError) {
        try await base.delete(key)
    }

    package func delete(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError] {
        try await base.delete(keys)
    }

    package func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        try await base.list(request)
    }

    package func listVersions(_ query: VersionQuery) async throws(StoreError) -> VersionPage {
        try await base.listVersions(query)
    }

    package func createUpload(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) -> UploadID {
        try await base.createUpload(key, attributes)
    }

    package func uploadPart(_ upload: Upload, number: Int, _ body: any ByteSource) async throws(StoreError) -> UploadedPart {
        try await base.uploadPart(upload, number: number, body)
    }

    package func abortUpload(_ upload: Upload) async throws(StoreError) {
        try await base.abortUpload(upload)
    }

    package func listParts(_ upload: Upload) async throws(StoreError) -> [UploadedPart] {
        try await base.listParts(upload)
    }

    package func listUploads(prefix: Key) async throws(StoreError) -> [Upload] {
        try await base.listUploads(prefix: prefix)
    }

    package func append(
        _ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes
    ) async throws(StoreError) -> AppendReceipt {
        try await base.append(key, at: position, body, attributes)
    }

    package func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt {
        try await base.modify(key, at: position, body)
    }

    package func truncate(_ key: Key, to size: Int64) async throws(StoreError) {
        try await base.truncate(key, to: size)
    }

    package func rename(_ key: Key, to destination: Key) async throws(StoreError) {
        try await base.rename(key, to: destination)
    }

    package func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) {
        try await base.replaceAttributes(key, attributes)
    }
}
