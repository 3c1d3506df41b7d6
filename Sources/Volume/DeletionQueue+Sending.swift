internal import FileSystemTypes
internal import Logging
internal import ObjectStorage

/// What is asked of the store before and when objects are deleted.
extension DeletionQueue {
    /// Gives the keys that the store has refused to delete.
    func send(_ batch: [(key: Key, entry: Entry)]) async -> Result<[Key: StoreError], StoreError> {
        await settledRequest { () async throws(StoreError) in
            let stays = try await looked(batch)
            // What lies in a folder before its marker: stores with real folders refuse the other order.
            let keys = batch.map(\.key).filter { !stays.contains($0) }.sorted().reversed()
            guard !keys.isEmpty else { return [:] }
            return try await store.delete(Array(keys))
        }
    }

    /// As long as it is not known what is there, nothing is deleted and nothing given up.
    private func looked(_ batch: [(key: Key, entry: Entry)]) async throws(StoreError) -> Set<Key> {
        do throws(StoreError) {
            return try await changed(batch)
        } catch {
            throw StoreError(.unavailable, error.description)
        }
    }

    /// The keys that are not to be deleted any more: nothing is there, or what somebody else has put there.
    private func changed(_ batch: [(key: Key, entry: Entry)]) async throws(StoreError) -> Set<Key> {
        let look = ObjectLook(store: store)
        var found = try await look.look(at: batch.map(\.key))
        // Some stores list what is new a moment later.
        for object in try await look.heads(of: batch.map(\.key).filter { found[$0] == nil }) { found[object.key] = object }
        var stays: Set<Key> = []
        for (key, entry) in batch {
            guard let there = found[key] else {
                stays.insert(key)
                continue
            }
            let isMarker = key.bytes.last == UInt8(ascii: "/")
            let isMeant = entry.base.map { $0 == there.etag } ?? (!isMarker || there.size == 0)
            guard !isMeant else { continue }
            stays.insert(key)
            logger.warning("\(key) was deleted here, and has been replaced by somebody else since: it stays")
        }
        return stays
    }
}
