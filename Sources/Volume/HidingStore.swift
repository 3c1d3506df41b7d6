internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

/// The store as it will be when all acknowledged deletions have been carried out. What is written under such a key waits for its deletion.
struct HidingStore: ObjectStore {
    let base: any ObjectStore
    let deletions: DeletionQueue

    var limits: StoreLimits { base.limits }
    var capabilities: Capabilities { base.capabilities }

    private func checkVisible(_ key: Key) throws(StoreError) {
        guard deletions.isHidden(key) else { return }
        var error = StoreError(.noSuchKey, "it is being deleted")
        error.operation = "\(key)"
        throw error
    }

    // MARK: Reading

    func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        try checkVisible(key)
        return try await base.head(key, conditions)
    }

    func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        try checkVisible(key)
        return try await base.get(key, range: range, conditions)
    }

    /// A page that would show nothing but hidden keys is followed by the next.
    func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        guard !deletions.isEmpty else { return try await base.list(request) }
        let listing = deletions.beginListing()
        defer { deletions.endListing(listing) }
        var request = request
        while true {
            let page = deletions.visible(try await base.list(request))
            guard page.objects.isEmpty, page.commonPrefixes.isEmpty, let next = page.next else { return page }
            (request.cursor, request.startAfter, request.maximumKeys) = (next, nil, 1000)
        }
    }

    // MARK: Writing

    /// Where the store has folders of its own, which it can rename, a file is in the way of a folder of its name, and a folder of a file.
    private func makeRoom(for key: Key) async throws(StoreError) {
        try await deletions.flush(.key(key))
        guard capabilities.rename else { return }
        let slash = UInt8(ascii: "/")
        try await deletions.flush(.key(Key(key.bytes.last == slash ? Array(key.bytes.dropLast()) : key.bytes + [slash])))
    }

    func put(
        _ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try await makeRoom(for: key)
        return try await base.put(key, body, attributes, condition)
    }

    func delete(_ key: Key) async throws(StoreError) {
        guard !deletions.isHidden(key) else { return }
        try await base.delete(key)
    }

    func delete(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError] {
        try await base.delete(keys.filter { !deletions.isHidden($0) })
    }

    func copy(_ request: CopyRequest) async throws(StoreError) -> WriteReceipt {
        try checkVisible(request.source)
        try await makeRoom(for: request.destination)
        return try await base.copy(request)
    }

    func append(_ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes) async throws(StoreError) -> AppendReceipt {
        try await makeRoom(for: key)
        return try await base.append(key, at: position, body, attributes)
    }

    func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt {
        try checkVisible(key)
        return try await base.modify(key, at: position, body)
    }

    func truncate(_ key: Key, to size: Int64) async throws(StoreError) {
        try checkVisible(key)
        try await base.truncate(key, to: size)
    }

    /// A folder goes with all that the store has in it.
    func rename(_ key: Key, to destination: Key) async throws(StoreError) {
        for name in [key, destination] { try await deletions.flush(name.bytes.last == UInt8(ascii: "/") ? .below(name) : .key(name)) }
        try await makeRoom(for: destination)
        try await base.rename(key, to: destination)
    }

    func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) {
        try checkVisible(key)
        try await base.replaceAttributes(key, attributes)
    }

    // MARK: Uploads

    func createUpload(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) -> UploadID {
        try await base.createUpload(key, attributes)
    }

    func uploadPart(_ upload: Upload, number: Int, _ body: any ByteSource) async throws(StoreError) -> UploadedPart {
        try await base.uploadPart(upload, number: number, body)
    }

    func copyPart(
        _ upload: Upload, number: Int, from source: Key, range: ByteRange, ifSourceMatches: ETag?
    ) async throws(StoreError) -> UploadedPart {
        try checkVisible(source)
        return try await base.copyPart(upload, number: number, from: source, range: range, ifSourceMatches: ifSourceMatches)
    }

    func completeUpload(_ upload: Upload, parts: [UploadedPart], _ condition: WriteCondition) async throws(StoreError) -> WriteReceipt {
        try await makeRoom(for: upload.key)
        return try await base.completeUpload(upload, parts: parts, condition)
    }

    func abortUpload(_ upload: Upload) async throws(StoreError) {
        try await base.abortUpload(upload)
    }

    func listParts(_ upload: Upload) async throws(StoreError) -> [UploadedPart] {
        try await base.listParts(upload)
    }

    func listUploads(prefix: Key) async throws(StoreError) -> [Upload] {
        try await base.listUploads(prefix: prefix)
    }
}

extension DeletionQueue {
    /// Keys whose deletion ends while a listing is under way stay hidden from it: its answer may be older.
    func beginListing() -> Int {
        state.withLock { state in
            state.listingCount += 1
            state.listings.insert(state.listingCount)
            return state.listingCount
        }
    }

    func endListing(_ number: Int) {
        state.withLock { state in
            state.listings.remove(number)
            guard !state.leaving.isEmpty else { return }
            let oldest = state.listings.min() ?? .max
            state.leaving = state.leaving.filter { $0.value >= oldest }
        }
    }

    /// A folder is hidden with its marker.
    func visible(_ page: ListPage) -> ListPage {
        state.withLock { state in
            var page = page
            page.objects.removeAll { state.entries[$0.key] != nil || state.leaving[$0.key] != nil }
            page.commonPrefixes.removeAll { state.entries[$0] != nil || state.leaving[$0] != nil }
            return page
        }
    }
}
