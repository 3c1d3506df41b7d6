internal import BlockCache
internal import Content
internal import FileSystemTypes
internal import Memory
package import ObjectStorage

/// Small files that somebody will read soon.
extension ReadEngine {
    /// The most that is worth fetching ahead at a time, in bytes.
    package var mostAhead: Int64 { Int64(ahead.limit) / 2 }

    /// Whether the bytes of an object are here already, as a listing has shown it.
    package func isAtHand(_ listed: ListedObject) -> Bool {
        let version = ObjectVersion(key: listed.key, etag: listed.etag, size: listed.size)
        if ahead.contains(version) { return true }
        guard let cache, let cached = cached(version) else { return false }
        return (0..<cached.blockCount).allSatisfy { cache.contains(BlockID(object: cached, index: $0)) }
    }

    /// Fetches all of a small object for whoever opens it next, in one GET, and gives what its answer says of the object as it is now; nil,
    /// without a request, where there is no memory for it.
    ///
    /// The bytes are kept under the version that the answer names, not the one that was listed: who opens another one never meets them.
    package func fetchAhead(_ listed: ListedObject) async throws(StoreError) -> ObjectInfo? {
        guard listed.size > 0, listed.size <= options.smallFile, ahead.reserve(Int(listed.size)) else { return nil }
        do throws(StoreError) {
            let (info, bytes) = try await getAhead(listed)
            keep(bytes, of: listed, info)
            return info
        } catch {
            memory.release(Int(listed.size), for: .readAhead)
            throw error
        }
    }

    /// The bytes are nil where the object is not as it was listed, or none of them can be believed.
    private func getAhead(_ listed: ListedObject) async throws(StoreError) -> (ObjectInfo, Bytes?) {
        let whole = ByteRange(offset: 0, count: listed.size)
        let asked = now
        let content = try await storeAhead.get(listed.key, range: whole, ReadConditions(isWhole: options.verifies))
        noteFirstByte(after: now - asked)
        guard content.range == whole, content.info.size == listed.size, content.info.etag != nil else {
            content.body.cancel()
            return (content.info, nil)
        }
        var bytes = Bytes()
        while let more = try await content.body.next() {
            bytes.append(more)
            noteBytes(more.count)
            guard Int64(bytes.count) <= listed.size else { break }
        }
        guard Int64(bytes.count) == listed.size, !options.verifies || ObjectFetch.isIntact(bytes, content.info, storeAhead.capabilities) else {
            content.body.cancel()
            return (content.info, nil)
        }
        return (content.info, bytes)
    }

    private func keep(_ bytes: Bytes?, of listed: ListedObject, _ info: ObjectInfo) {
        guard let bytes, let etag = info.etag else { return memory.release(Int(listed.size), for: .readAhead) }
        let version = ObjectVersion(key: listed.key, etag: etag, size: listed.size)
        // Bodies arrive in pieces of larger buffers.
        let own = Bytes(bytes.contiguous)
        if let cache, let cached = cached(version) {
            for index in 0..<cached.blockCount {
                let id = BlockID(object: cached, index: index)
                cache.insert(id, own.slice(from: Int(index * BlockCache.blockSize), upTo: id.length))
            }
        }
        ahead.put(version, own)
    }

    /// What a version is called in the cache; nil where nothing can be cached.
    func cached(_ version: ObjectVersion) -> CachedObject? {
        guard cache != nil else { return nil }
        return version.etag.map { CachedObject(bucket: bucket, key: version.key, etag: $0, size: version.size) }
    }
}
