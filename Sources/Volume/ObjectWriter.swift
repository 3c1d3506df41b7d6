internal import FileSystemTypes
internal import ObjectStorage

/// Stores content whose size is known: small in one request, large in parallel parts.
struct ObjectWriter: Sendable {
    private let store: any ObjectStore
    private let partSize: Int64
    private let limiter: Semaphore

    init(_ store: any ObjectStore, partSize: Int64, limiter: Semaphore) {
        self.store = store
        self.partSize = partSize
        self.limiter = limiter
    }

    /// The bytes of a range of the content.
    typealias Content = @Sendable (ByteRange) -> any ByteSource

    func write(_ size: Int64, bytes: @escaping Content, to key: Key, _ attributes: ObjectAttributes) async throws(StoreError) -> RemoteVersion {
        let whole = ByteRange(offset: 0, count: size)
        if size <= 2 * partSize {
            let receipt = try await limiter.run { () async throws(StoreError) in
                try await store.put(key, bytes(whole), attributes, .always)
            }
            return RemoteVersion(etag: receipt.etag, size: size)
        }
        let upload = Upload(key: key, id: try await store.createUpload(key, attributes))
        do throws(StoreError) {
            let parts = try await send(whole.pieces(of: Self.partSize(for: size, atLeast: partSize, store.limits)), bytes, upload)
            let receipt = try await store.completeUpload(upload, parts: parts, .always)
            return RemoteVersion(etag: receipt.etag, size: size)
        } catch {
            // Unfinished parts cost their owner money; what cannot be aborted now is left to the bucket's lifecycle rules.
            await abort(upload)
            throw error
        }
    }

    /// Large enough that the store's number of parts suffices, in whole MiB.
    static func partSize(for size: Int64, atLeast minimum: Int64, _ limits: StoreLimits) -> Int64 {
        let needed = (size + Int64(limits.parts) - 1) / Int64(limits.parts)
        let rounded = ((needed + (1 << 20) - 1) >> 20) << 20
        return max(minimum, limits.minimumPart, rounded)
    }

    private func send(_ ranges: [ByteRange], _ bytes: @escaping Content, _ upload: Upload) async throws(StoreError) -> [UploadedPart] {
        try await inParallel(Array(ranges.enumerated()), limiter) { (index, range) async throws(StoreError) in
            try await store.uploadPart(upload, number: index + 1, bytes(range))
        }
    }

    private func abort(_ upload: Upload) async {
        await Task { [store] in try? await store.abortUpload(upload) }.value
    }
}

/// Runs `body` for each item, as many at a time as `limiter` lets in; the results in the order of the items.
///
/// After the first failure the rest is cancelled.
func inParallel<Item: Sendable, Value: Sendable>(
    _ items: [Item], _ limiter: Semaphore, _ body: @escaping @Sendable (Item) async throws(StoreError) -> Value
) async throws(StoreError) -> [Value] {
    let outcome = await withTaskGroup(of: (Int, Result<Value, StoreError>).self) { group -> Result<[Value], StoreError> in
        for (index, item) in items.enumerated() {
            group.addTask { (index, await limiter.run { await settledRequest { () async throws(StoreError) in try await body(item) } }) }
        }
        var values = [Value?](repeating: nil, count: items.count)
        for await (index, result) in group {
            switch result {
            case .success(let value): values[index] = value
            case .failure(let error):
                group.cancelAll()
                return .failure(error)
            }
        }
        return .success(values.compactMap(\.self))
    }
    return try outcome.get()
}

private func settledRequest<Value>(_ body: () async throws(StoreError) -> Value) async -> Result<Value, StoreError> {
    guard !Task.isCancelled else { return .failure(StoreError(.cancelled, "the request was cancelled")) }
    do throws(StoreError) {
        return .success(try await body())
    } catch {
        return .failure(error)
    }
}
