internal import FileSystemTypes
internal import ObjectStorage
internal import Staging

/// Copies objects inside the store, no bytes through this machine.
struct ObjectCopier: Sendable {
    private let store: any ObjectStore
    private let limiter: Semaphore
    /// Where it is noted what a crash would leave behind.
    private let journal: Journal?

    init(_ store: any ObjectStore, limiter: Semaphore, journal: Journal?) {
        self.store = store
        self.limiter = limiter
        self.journal = journal
    }

    /// Copies one version; fails with `preconditionFailed` when the source is another one by now. Nil keeps its attributes.
    func copy(_ version: RemoteVersion, from source: Key, to destination: Key, replacing: ObjectAttributes?) async throws(StoreError) -> RemoteVersion
    {
        guard version.size > store.limits.singlePut else {
            let request = CopyRequest(source: source, destination: destination, ifSourceMatches: version.etag, replacing: replacing)
            let receipt = try await limiter.run { () async throws(StoreError) in try await store.copy(request) }
            return RemoteVersion(etag: receipt.etag, size: version.size)
        }
        return try await copyInParts(version, from: source, to: destination, replacing)
    }

    /// CopyObject ends at 5 GiB. Parts do not inherit attributes: they are looked up where they are to be kept.
    private func copyInParts(
        _ version: RemoteVersion, from source: Key, to destination: Key, _ replacing: ObjectAttributes?
    ) async throws(StoreError) -> RemoteVersion {
        let attributes = if let replacing { replacing } else { try await self.attributes(of: source) }
        let note = journal?.newNoteID()
        await record(note, .beginUpload(destination, since: .now))
        do throws(StoreError) {
            let upload = Upload(key: destination, id: try await store.createUpload(destination, attributes))
            await record(note, .abortUpload(upload))
            let receipt = try await copyParts(version, from: source, upload)
            await forget(note)
            return RemoteVersion(etag: receipt.etag, size: version.size)
        } catch {
            // What may have been begun without an answer, or could not be aborted, is for the next mount.
            if !error.outcomeUnknown { await forget(note) }
            throw error
        }
    }

    private func copyParts(_ version: RemoteVersion, from source: Key, _ upload: Upload) async throws(StoreError) -> WriteReceipt {
        do throws(StoreError) {
            let ranges = ByteRange(offset: 0, count: version.size).pieces(of: partSize(for: version.size))
            let parts = try await inParallel(Array(ranges.enumerated()), limiter) { (index, range) async throws(StoreError) in
                try await store.copyPart(upload, number: index + 1, from: source, range: range, ifSourceMatches: version.etag)
            }
            return try await store.completeUpload(upload, parts: parts, .always)
        } catch {
            var error = error
            error.outcomeUnknown = await Task { [store] in (try? await store.abortUpload(upload)) == nil }.value
            throw error
        }
    }

    private func record(_ note: Int64?, _ action: Intent.Action) async {
        // A note that cannot be made costs the store some space at worst.
        if let note { try? await journal?.commit([.putIntent(Intent(id: note, action: action))]) }
    }

    private func forget(_ note: Int64?) async {
        if let note { try? await journal?.commit([.removeIntent(note)]) }
    }

    /// Large enough that the store's number of parts suffices, in whole MiB.
    private func partSize(for size: Int64) -> Int64 {
        let needed = (size + Int64(store.limits.parts) - 1) / Int64(store.limits.parts)
        let rounded = ((needed + (1 << 20) - 1) >> 20) << 20
        return max(512 << 20, store.limits.minimumPart, rounded)
    }

    private func attributes(of key: Key) async throws(StoreError) -> ObjectAttributes {
        ObjectAttributes(of: try await store.head(key, ReadConditions()))
    }
}

extension ByteRange {
    /// The range cut into pieces of `size` bytes; the last may be shorter.
    func pieces(of size: Int64) -> [ByteRange] {
        stride(from: offset, to: end, by: Int64.Stride(size)).map { start in
            ByteRange(offset: start, count: Swift.min(size, end - start))
        }
    }
}
