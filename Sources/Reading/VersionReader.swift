internal import BlockCache
internal import Content
internal import FileSystemTypes
internal import Memory
internal import ObjectStorage
internal import Synchronization

/// One version of an object as all who have it open read it: carries out what its prefetcher decides.
///
/// Its lock is held for a moment, never across a wait; within it the memory budget's and the cache's may be taken.
final class VersionReader: Sendable {
    private struct State {
        var prefetcher: Prefetcher
        var segments: [Int: ReadSegment] = [:]
        var activeStreams = 0
        var lastRead = 0.0
    }

    /// What a read waits for: its pieces, and the segments among them.
    private struct Visit {
        var pieces: [Prefetcher.Piece]
        let isPassing: Bool
        var segments: [Int: ReadSegment] = [:]
    }

    let version: ObjectVersion
    private let engine: ReadEngine
    private let cached: CachedObject?
    private let state: Mutex<State>

    init(_ version: ObjectVersion, in engine: ReadEngine) {
        self.version = version
        self.engine = engine
        cached = engine.cached(version)
        var settings = Prefetcher.Settings()
        settings.smallFile = engine.options.smallFile
        settings.alignment = cached == nil ? 1 : BlockCache.blockSize
        var state = State(prefetcher: Prefetcher(size: version.size, settings: settings))
        if let bytes = engine.ahead.take(version) {
            let whole = state.prefetcher.adoptWhole()
            state.segments[whole.number] = ReadSegment(whole.range, fetched: bytes)
        }
        self.state = Mutex(state)
    }

    deinit {
        state.withLock { state in
            for segment in takeOut(state.prefetcher.segments, &state) { segment.cancel() }
            engine.noteStreams(-state.activeStreams)
        }
    }

    // MARK: Reading

    func read(_ wanted: ByteRange, by reader: ReaderID) async throws(StoreError) -> Bytes {
        let visit = enter(wanted, by: reader, believingCache: true)
        defer { leave(visit) }
        if let bytes = try await collect(visit) { return bytes }
        // A block has left the cache, or turned out to be damaged, since it was seen there.
        let again = enter(wanted, by: reader, believingCache: false)
        defer { leave(again) }
        guard let bytes = try await collect(again) else { throw StoreError(.localFailure, "\(version.key): a planned range was not fetched") }
        return bytes
    }

    func readNow(_ wanted: ByteRange, by reader: ReaderID) -> Bytes? {
        if let bytes = fetched(wanted, by: reader) { return bytes }
        guard let bytes = remembered(wanted) else { return nil }
        leave(enter(wanted, by: reader, believingCache: true))
        return bytes
    }

    /// From segments, and the window follows the reader; nil, having changed nothing, when not all of it has arrived.
    private func fetched(_ wanted: ByteRange, by reader: ReaderID) -> Bytes? {
        act(believingCache: true) { state, surroundings in
            guard let segments = state.prefetcher.covering(wanted), let bytes = Self.present(wanted, in: segments, state) else {
                return (nil, Prefetcher.Plan())
            }
            var plan = state.prefetcher.plan(wanted, by: reader, in: surroundings)
            for segment in plan.starting { begin(segment, &state) }
            plan.dropping += state.prefetcher.leave(plan.pieces)
            return (bytes, plan)
        }
    }

    private static func present(_ wanted: ByteRange, in segments: [Prefetcher.Segment], _ state: State) -> Bytes? {
        var result = Bytes()
        for segment in segments {
            let start = max(wanted.offset, segment.range.offset)
            let part = ByteRange(offset: start, count: min(wanted.end, segment.range.end) - start)
            guard let bytes = state.segments[segment.number]?.now(part) else { return nil }
            result.append(bytes)
        }
        return result
    }

    private func collect(_ visit: Visit) async throws(StoreError) -> Bytes? {
        var result = Bytes()
        for piece in visit.pieces {
            switch piece {
            case .segment(let number, let part):
                guard let segment = visit.segments[number] else { return nil }
                result.append(try await segment.read(part))
            case .cached(let part):
                guard let bytes = await fromCache(part, keeping: !visit.isPassing) else { return nil }
                result.append(bytes)
            }
        }
        return result
    }

    /// Plans a read and starts what it needs.
    private func enter(_ wanted: ByteRange, by reader: ReaderID, believingCache: Bool) -> Visit {
        act(believingCache: believingCache) { state, surroundings in
            let plan = state.prefetcher.plan(wanted, by: reader, in: surroundings)
            for segment in plan.starting { begin(segment, &state) }
            var visit = Visit(pieces: plan.pieces, isPassing: plan.isPassing)
            for case .segment(let number, _) in plan.pieces { visit.segments[number] = state.segments[number] }
            return (visit, plan)
        }
    }

    /// Carries out a plan that `body` makes with the lock held, and whose segments it has begun.
    private func act<Result>(
        believingCache: Bool, _ body: (inout State, Surroundings) -> (Result, Prefetcher.Plan)
    ) -> Result {
        let surroundings = Surroundings(engine: engine, cached: believingCache ? cached : nil)
        let now = engine.now
        let (result, started, dropped, streams, isShort) = state.withLock { state in
            state.lastRead = now
            let (result, plan) = body(&state, surroundings)
            let started = plan.starting.compactMap { started in state.segments[started.number].map { (started, $0) } }
            return (result, started, takeOut(plan.dropping, &state), countStreams(&state), plan.isShort)
        }
        engine.noteStreams(streams)
        for (planned, segment) in started { fetch(planned, into: segment) }
        for segment in dropped { segment.cancel() }
        if isShort { engine.reclaim(for: self) }
        return result
    }

    private func leave(_ visit: Visit) {
        drop { $0.leave(visit.pieces) }
    }

    func close(_ reader: ReaderID) {
        drop { $0.close(reader) }
    }

    /// Nobody has read for a while, and others need the memory.
    func giveUp(ifIdleSince time: Double) {
        guard state.withLock({ $0.lastRead }) < time else { return }
        drop { $0.giveUp() }
    }

    // MARK: Segments

    /// What nobody has asked for is in the budget already, what is wanted now cannot be refused.
    private func begin(_ segment: Prefetcher.Segment, _ state: inout State) {
        engine.memory.charge(Int(segment.range.count - segment.ahead), for: .readAhead)
        state.segments[segment.number] = ReadSegment(segment.range, isWithheld: isVerified(segment.range))
    }

    private func fetch(_ planned: Prefetcher.Segment, into segment: ReadSegment) {
        let fetch = ObjectFetch(version, planned, in: engine, cached: cached, isVerified: isVerified(planned.range))
        segment.start { (segment) throws(StoreError) in
            try await fetch.run(into: segment)
        } then: { [self] failure in
            if failure == nil { return drop { $0.finished(planned.number) } }
            drop { prefetcher in prefetcher.failed(planned.number).map { [$0] } ?? [] }
        }
    }

    /// Does what a change of the prefetcher leads to: segments are let go, and cancelled if they are still under way.
    private func drop(_ change: (inout Prefetcher) -> [Prefetcher.Segment]) {
        let (dropped, streams) = state.withLock { state in
            let dropped = change(&state.prefetcher)
            return (takeOut(dropped, &state), countStreams(&state))
        }
        engine.noteStreams(streams)
        for segment in dropped { segment.cancel() }
    }

    private func takeOut(_ dropped: [Prefetcher.Segment], _ state: inout State) -> [ReadSegment] {
        for segment in dropped { engine.memory.release(Int(segment.range.count), for: .readAhead) }
        return dropped.compactMap { state.segments.removeValue(forKey: $0.number) }
    }

    private func countStreams(_ state: inout State) -> Int {
        let before = state.activeStreams
        state.activeStreams = state.prefetcher.activeStreams
        return state.activeStreams - before
    }

    /// Whole objects are compared with their checksum before anybody sees a byte of them.
    private func isVerified(_ range: ByteRange) -> Bool {
        engine.options.verifies && range.offset == 0 && range.count == version.size && version.size <= engine.options.smallFile
    }
}

// MARK: - The cache

extension VersionReader {
    /// From the cache's memory.
    private func remembered(_ wanted: ByteRange) -> Bytes? {
        guard let cache = engine.cache, let cached else { return nil }
        var result = Bytes()
        for index in Self.blocks(of: wanted) {
            guard let block = cache.now(BlockID(object: cached, index: index)) else { return nil }
            result.append(Self.part(of: wanted, in: block, index))
        }
        return result
    }

    private func fromCache(_ wanted: ByteRange, keeping: Bool) async -> Bytes? {
        guard let cache = engine.cache, let cached else { return nil }
        let indices = Self.blocks(of: wanted)
        let blocks = await cache.blocks(of: cached, indices, keeping: keeping)
        var result = Bytes()
        for (index, block) in zip(indices, blocks) {
            guard let block else { return nil }
            result.append(Self.part(of: wanted, in: block, index))
        }
        return result
    }

    static func blocks(of range: ByteRange) -> Range<Int64> {
        range.offset / BlockCache.blockSize..<(range.end + BlockCache.blockSize - 1) / BlockCache.blockSize
    }

    private static func part(of wanted: ByteRange, in block: Bytes, _ index: Int64) -> Bytes {
        let start = max(0, wanted.offset - index * BlockCache.blockSize)
        return block.slice(from: Int(start), upTo: Int(wanted.end - index * BlockCache.blockSize - start))
    }

    private struct Surroundings: ReadSurroundings {
        let engine: ReadEngine
        /// Nil where the cache is not to be believed.
        let cached: CachedObject?

        var bytesInFlight: Int64 { engine.bytesInFlight }
        var share: Int64 { engine.share }

        func isCached(_ range: ByteRange) -> Bool {
            guard let cached, let cache = engine.cache else { return false }
            return VersionReader.blocks(of: range).allSatisfy { cache.contains(BlockID(object: cached, index: $0)) }
        }

        func reserve(_ bytes: Int64) -> Bool {
            engine.memory.reserve(Int(bytes), for: .readAhead)
        }
    }
}
