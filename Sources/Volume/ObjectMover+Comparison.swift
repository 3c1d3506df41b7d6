internal import FileSystemTypes
internal import ObjectStorage
internal import Staging

/// Whether an object is a copy of another.
extension ObjectMover {
    /// Where the store gives copies other ETags, and a crash came between the copy and the note of it, the two are compared.
    func isCopy(_ copy: ListedObject, of object: ListedObject) async throws(StoreError) -> Bool {
        if let noted = ledger.copy(at: copy.key) { return noted.copy == copy.etag && (noted.source == object.etag || noted.source == nil) }
        guard copy.size == object.size else { return false }
        if let etag = copy.etag, etag == object.etag { return true }
        return try await haveSameContent(copy, object)
    }

    /// The same, whichever was copied from the other.
    func isSame(_ one: ListedObject, _ other: ListedObject) async throws(StoreError) -> Bool {
        if let noted = ledger.copy(at: one.key), noted.copy == one.etag, noted.source == other.etag { return true }
        if let noted = ledger.copy(at: other.key), noted.copy == other.etag, noted.source == one.etag { return true }
        guard one.size == other.size else { return false }
        if let etag = one.etag, etag == other.etag { return true }
        return try await haveSameContent(one, other)
    }

    /// The time of change, to the nanosecond, goes with every copy and with nothing else; objects without it are read.
    private func haveSameContent(_ one: ListedObject, _ other: ListedObject) async throws(StoreError) -> Bool {
        let (left, right) = (try await store.head(one.key, ReadConditions()), try await store.head(other.key, ReadConditions()))
        guard left.metadata == right.metadata, left.size == right.size else { return false }
        if left.metadata["ctime"] != nil { return true }
        return try await haveSameBytes(one.key, left, other.key, right)
    }

    private func haveSameBytes(_ one: Key, _ left: ObjectInfo, _ other: Key, _ right: ObjectInfo) async throws(StoreError) -> Bool {
        for piece in ByteRange(offset: 0, count: left.size).pieces(of: 4 << 20) {
            let mine = try await store.get(one, range: piece, ReadConditions(ifMatch: left.etag)).collect()
            guard try await store.get(other, range: piece, ReadConditions(ifMatch: right.etag)).collect() == mine else { return false }
        }
        return true
    }
}
