internal import BlockCache
internal import Content
internal import Crypto
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage

/// Fetches one range of a version: pinned to it, complete, and, where the object is whole, compared with its checksum.
struct ObjectFetch: Sendable {
    /// A range whose bytes are not what they should be is asked for again so often.
    private static let attempts = 3

    private let version: ObjectVersion
    private let range: ByteRange
    private let store: any ObjectStore
    private let engine: ReadEngine
    private let cached: CachedObject?
    private let isVerified: Bool
    private let isPassing: Bool

    init(_ version: ObjectVersion, _ segment: Prefetcher.Segment, in engine: ReadEngine, cached: CachedObject?, isVerified: Bool) {
        self.version = version
        range = segment.range
        store = segment.ahead == segment.range.count ? engine.storeAhead : engine.store
        self.engine = engine
        self.cached = cached
        self.isVerified = isVerified
        isPassing = segment.isPassing
    }

    /// Ends with all bytes of the range in `segment`.
    func run(into segment: ReadSegment) async throws(StoreError) {
        var first: ObjectInfo?
        for attempt in 1... {
            guard let wrong = try await attempted(segment, &first) else { return }
            guard attempt < Self.attempts else { throw wrong }
            engine.logger.warning("asking again: \(wrong)")
            if isVerified { segment.startOver() }
        }
    }

    /// Gives what is wrong with the bytes; a request that fails has been repeated by the store for as long as that is worth it.
    ///
    /// But a body that breaks off the store goes on with only where an ETag pins it. Without one it is asked for again here, and must be of an
    /// object that is as long and as old as the first answer said: `first`.
    private func attempted(_ segment: ReadSegment, _ first: inout ObjectInfo?) async throws(StoreError) -> StoreError? {
        do throws(StoreError) {
            return try await fetch(into: segment, &first)
        } catch {
            guard version.etag == nil, error.attempts == 1, RetryPolicy.mayPass(error) else { throw error }
            return error
        }
    }

    /// What is still missing of the segment, from one answer.
    private func fetch(into segment: ReadSegment, _ first: inout ObjectInfo?) async throws(StoreError) -> StoreError? {
        let begun = segment.count
        let missing = ByteRange(offset: range.offset + begun, count: range.count - begun)
        let asked = engine.now
        let content = try await get(missing, first)
        first = content.info
        engine.noteFirstByte(after: engine.now - asked)
        var (arrived, inserted) = (begun, begun)
        while let more = try await content.body.next() {
            guard arrived + Int64(more.count) <= range.count else { return unlike("is longer than announced", content) }
            segment.append(more)
            arrived += Int64(more.count)
            engine.noteBytes(more.count)
            if !isVerified { inserted = insert(segment, from: inserted, upTo: arrived) }
        }
        guard arrived == range.count else { return unlike("has \(arrived - begun) bytes instead of \(missing.count)", content) }
        if isVerified, let wrong = verify(segment, content) { return wrong }
        _ = insert(segment, from: inserted, upTo: arrived)
        return nil
    }

    private func get(_ missing: ByteRange, _ first: ObjectInfo?) async throws(StoreError) -> ObjectContent {
        // A version that is not the object's any more is not read by its number: the kernel has one size and one set of pages for a file, and they
        // are those of the object now. Nor may all keys that read objects read versions.
        var conditions = ReadConditions(ifMatch: version.etag, version: version.etag == nil ? version.version : nil)
        conditions.isWhole = isVerified && version.etag != nil && missing.count == version.size
        let content = try await store.get(version.key, range: missing, conditions)
        let isSame = version.etag == nil || content.info.etag == nil || content.info.etag == version.etag
        let isAsOld = version.etag != nil || first == nil || (first?.lastModified, first?.size) == (content.info.lastModified, content.info.size)
        guard content.range == missing, content.info.size >= version.size, isSame, isAsOld else {
            content.body.cancel()
            throw StoreError(.preconditionFailed, "\(version.key) is another version now")
        }
        return content
    }

    private func verify(_ segment: ReadSegment, _ content: ObjectContent) -> StoreError? {
        guard content.info.size == range.count, !Self.isIntact(segment.bytes, content.info, store.capabilities) else { return nil }
        return unlike("does not have the checksum that the store has of the object", content, .corrupted)
    }

    /// Whether all bytes of an object are those that the store has a digest or a checksum of; true where it tells none.
    static func isIntact(_ bytes: Bytes, _ info: ObjectInfo, _ capabilities: Capabilities) -> Bool {
        // Where objects change in place, what was told of them once is no digest of them.
        guard !capabilities.modify else { return true }
        if let expected = info.md5 { return ObjectChecksum.digest(of: bytes, Insecure.MD5()) == expected }
        return info.checksum?.holds(for: bytes) ?? true
    }

    private func unlike(_ how: String, _ content: ObjectContent, _ reason: StoreError.Reason = .invalidResponse) -> StoreError {
        content.body.cancel()
        var error = StoreError(reason, "the body of bytes \(range.offset)-\(range.end - 1) \(how)")
        error.operation = "GET \(version.key)"
        return error
    }

    /// Puts the blocks that have become whole into the cache; gives how far that went.
    private func insert(_ segment: ReadSegment, from start: Int64, upTo arrived: Int64) -> Int64 {
        // Blocks begin at multiples of their size; a range that does not holds none that could be named.
        guard let cached, let cache = engine.cache, (range.offset + start) % BlockCache.blockSize == 0 else { return start }
        var next = start
        while next < range.count {
            let id = BlockID(object: cached, index: (range.offset + next) / BlockCache.blockSize)
            let count = Int64(id.length)
            guard next + count <= arrived else { return next }
            cache.insert(id, segment.bytes.slice(from: Int(next), upTo: Int(count)), keeping: !isPassing)
            next += count
        }
        return next
    }
}
