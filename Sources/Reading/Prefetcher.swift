package import FileSystemTypes

/// Which reads belong together: those of one handle.
package struct ReaderID: Hashable, Sendable {
    package let number: Int

    package init(_ number: Int) {
        self.number = number
    }
}

/// What a prefetcher asks about the world at the moment of a read.
package protocol ReadSurroundings {
    /// What must be on its way so that the link is never idle; 0 when it is not known yet.
    var bytesInFlight: Int64 { get }
    /// The most that one stream may have ahead of it: its part of the memory.
    var share: Int64 { get }
    /// Asked for ranges that begin and end at multiples of the alignment, or at the object's end.
    func isCached(_ range: ByteRange) -> Bool
    /// Takes memory for bytes that nobody has asked for yet, if there is some.
    func reserve(_ bytes: Int64) -> Bool
}

/// Decides what is fetched of one version of an object, for all who read it: a pure value, without I/O, locks or clocks.
///
/// It keeps the list of segments: ranges that are fetched or being fetched, which never overlap, so nothing is fetched twice. Each read is
/// answered from segments (and from the cache); what is missing is fetched at once, exactly. Readers whose reads form a pattern get a window ahead
/// of them, which grows with what they have read. A segment that nobody waits for and no window holds is dropped, and cancelled if it
/// is still under way.
///
/// What the owner must do: start and drop what the answers say; call `leave` once for each piece of each plan, `finished` or `failed` once
/// for each segment that has ended and was not dropped.
package struct Prefetcher: Sendable {
    package struct Settings: Hashable, Sendable {
        /// Objects up to this size come whole with the first read; in bytes.
        package var smallFile: Int64 = 1 << 20
        /// What is fetched begins and ends at multiples of it, so that whole blocks can be cached; 1 where there is no cache.
        package var alignment: Int64 = 1

        package init() {}
    }

    package struct Segment: Hashable, Sendable {
        package let number: Int
        package let range: ByteRange
        /// How many of its bytes nobody has asked for: taken from the budget for read-ahead.
        package let ahead: Int64
        /// The stream that it was fetched for.
        fileprivate(set) var owner: Int?
        fileprivate(set) var waiting = 0
        fileprivate(set) var isDone = false
    }

    /// Where a part of a read comes from.
    package enum Piece: Hashable, Sendable {
        case segment(Int, ByteRange)
        case cached(ByteRange)
    }

    package struct Plan: Sendable {
        /// What the read consists of, in order.
        package var pieces: [Piece] = []
        package var starting: [Segment] = []
        package var dropping: [Segment] = []
        /// Less was fetched ahead than should be, because there was no memory for it.
        package var isShort = false

        package init() {}
    }

    /// Limits of the list of streams and of one request.
    static let maximumStreams = 128
    /// A stream that took no part in so many reads is over.
    static let forgottenAfter = 4096
    static let smallestStep: Int64 = 512 << 10
    static let largestStep: Int64 = 8 << 20
    /// Windows of links whose measure is small or not known; latency is not all that a reader may have to wait for.
    static let modestWindow: Int64 = 16 << 20

    let size: Int64
    let settings: Settings
    /// In the order of their offsets.
    package private(set) var segments: [Segment] = []
    private(set) var streams: [ReadStream] = []
    private var history = ReadHistory()
    private var reads = 0
    private var numbers = 0
    /// Of a small file: how much of it was read since it was fetched.
    private var readOfWhole: Int64 = 0

    package init(size: Int64, settings: Settings = Settings()) {
        self.size = size
        self.settings = settings
    }

    /// Streams that have something left to fetch.
    package var activeStreams: Int {
        streams.count { $0.pattern == .backward ? $0.frontier > 0 : $0.frontier < size }
    }

    /// Bytes in segments, fetched or to come.
    package var held: Int64 { segments.reduce(0) { $0 + $1.range.count } }

    /// What to do for a read of `wanted`, which lies inside the object and is not empty.
    package mutating func plan(_ wanted: ByteRange, by reader: ReaderID, in world: some ReadSurroundings) -> Plan {
        reads += 1
        var plan = Plan()
        if size <= settings.smallFile {
            fetchWhole(wanted, &plan, world)
        } else {
            let stream = follow(wanted, by: reader)
            fetchWanted(wanted, stream, &plan, world)
            if let stream { fetchAhead(of: stream, &plan, world) }
        }
        plan.pieces = takePieces(of: wanted)
        plan.dropping = sweep()
        return plan
    }

    /// The segments that hold all of `wanted`, in order; nil when some of it is nowhere.
    package func covering(_ wanted: ByteRange) -> [Segment]? {
        var found: [Segment] = []
        var start = wanted.offset
        var index = firstIndex(endingAfter: start)
        while start < wanted.end {
            guard index < segments.count, segments[index].range.offset <= start else { return nil }
            found.append(segments[index])
            start = segments[index].range.end
            index += 1
        }
        return found
    }

    // MARK: What has happened

    /// A reader has the bytes of these pieces, or has given up. Gives the segments to drop.
    package mutating func leave(_ pieces: [Piece]) -> [Segment] {
        for case .segment(let number, _) in pieces {
            guard let index = index(of: number) else { continue }
            segments[index].waiting -= 1
        }
        return sweep()
    }

    /// All bytes of a segment are there. Gives the segments to drop.
    package mutating func finished(_ number: Int) -> [Segment] {
        guard let index = index(of: number) else { return [] }
        segments[index].isDone = true
        return sweep()
    }

    /// A segment could not be fetched: the next read asks for it again. Nil when it was dropped before.
    package mutating func failed(_ number: Int) -> Segment? {
        index(of: number).map { segments.remove(at: $0) }
    }

    /// A handle is closed. Gives the segments to drop.
    package mutating func close(_ reader: ReaderID) -> [Segment] {
        streams.removeAll { $0.reader == reader }
        history.forget(reader)
        return sweep()
    }

    /// Gives up all windows, for whoever has too little memory. Gives the segments to drop.
    package mutating func giveUp() -> [Segment] {
        streams = []
        readOfWhole = size
        return sweep()
    }

    // MARK: Streams

    /// The stream that a read belongs to, brought up to date; nil for a read that belongs to none.
    private mutating func follow(_ wanted: ByteRange, by reader: ReaderID) -> Int? {
        if let index = match(wanted, by: reader) {
            streams[index].used = reads
            return index
        }
        guard let begun = begin(with: wanted, by: reader) else {
            history.remember(wanted, by: reader)
            return nil
        }
        streams.removeAll { reads - $0.used > Self.forgottenAfter }
        if streams.count >= Self.maximumStreams, let oldest = streams.indices.min(by: { streams[$0].used < streams[$1].used }) {
            streams.remove(at: oldest)
        }
        streams.append(begun)
        return streams.count - 1
    }

    private mutating func match(_ wanted: ByteRange, by reader: ReaderID) -> Int? {
        var jumping: Int?
        for index in streams.indices where streams[index].reader == reader {
            switch streams[index].relation(to: wanted) {
            case .continues:
                streams[index].advance(to: wanted)
                return index
            case .jumps: jumping = index
            case .unrelated: break
            }
        }
        if let jumping { streams[jumping].jump(to: wanted) }
        return jumping
    }

    /// Reading a file from its beginning is believed at once, everything else when it has happened twice.
    private mutating func begin(with wanted: ByteRange, by reader: ReaderID) -> ReadStream? {
        if wanted.offset == 0 { return stream(.forward, wanted, by: reader, before: 0, run: 0) }
        if let before = history.predecessor(of: wanted, by: reader) {
            return stream(.forward, wanted, by: reader, before: before.count, run: 1)
        }
        guard let distance = history.distance(to: wanted, by: reader) else { return nil }
        let pattern: ReadStream.Pattern =
            abs(distance) - wanted.count > ReadStream.smallGap ? .strided(distance) : distance < 0 ? .backward : .forward
        return stream(pattern, wanted, by: reader, before: 2 * wanted.count, run: 2)
    }

    private mutating func stream(
        _ pattern: ReadStream.Pattern, _ wanted: ByteRange, by reader: ReaderID, before: Int64, run: Int
    ) -> ReadStream {
        numbers += 1
        return ReadStream(numbers, of: reader, pattern, first: wanted, streamed: before + wanted.count, run: run, used: reads)
    }
}

// MARK: - What is fetched

extension Prefetcher {
    /// All of a small file, in one request.
    private mutating func fetchWhole(_ wanted: ByteRange, _ plan: inout Plan, _ world: some ReadSurroundings) {
        let whole = ByteRange(offset: 0, count: size)
        if segments.isEmpty, !world.isCached(aligned(wanted)) {
            let mayTakeAll = wanted == whole || world.reserve(size - wanted.count)
            readOfWhole = 0
            add(mayTakeAll ? whole : aligned(wanted), ahead: mayTakeAll ? size - wanted.count : 0, owner: nil, &plan)
        } else {
            for gap in gaps(in: wanted, world) { add(gap, ahead: 0, owner: nil, &plan) }
        }
        readOfWhole += wanted.count
    }

    /// What of the read itself is missing; the last request goes on into the window.
    private mutating func fetchWanted(_ wanted: ByteRange, _ stream: Int?, _ plan: inout Plan, _ world: some ReadSurroundings) {
        let owner = stream.map { streams[$0].number }
        for gap in gaps(in: wanted, world) {
            let more = stream.map { continuation(of: gap, wanted, $0, world) } ?? 0
            let ahead = more > 0 && world.reserve(more) ? more : 0
            add(ByteRange(offset: gap.offset, count: gap.count + ahead), ahead: ahead, owner: owner, &plan)
            if ahead > 0, let stream { streams[stream].frontier = max(streams[stream].frontier, gap.end + ahead) }
        }
    }

    /// How far a request for the end of a read by a forward stream goes on behind it.
    private func continuation(of gap: ByteRange, _ wanted: ByteRange, _ stream: Int, _ world: some ReadSurroundings) -> Int64 {
        guard streams[stream].pattern == .forward, gap.end >= wanted.end, streams[stream].frontier <= gap.end else { return 0 }
        let window = window(of: streams[stream], world)
        let most = max(0, min(window, step(window) - gap.count, size - gap.end))
        let rest = alignedUp(gap.end + most) - gap.end
        guard rest > 0, let free = gaps(in: ByteRange(offset: gap.end, count: rest), world).first, free.offset == gap.end else { return 0 }
        return free.count
    }

    private mutating func fetchAhead(of index: Int, _ plan: inout Plan, _ world: some ReadSurroundings) {
        switch streams[index].pattern {
        case .forward: fetchForward(index, &plan, world)
        case .backward: fetchBackward(index, &plan, world)
        case .strided(let distance): fetchStrided(index, distance, &plan, world)
        }
    }

    private mutating func fetchForward(_ index: Int, _ plan: inout Plan, _ world: some ReadSurroundings) {
        let window = window(of: streams[index], world)
        let target = min(size, streams[index].position + window)
        while streams[index].frontier < target {
            let start = streams[index].frontier
            let end = min(size, alignedUp(start + min(step(window), target - start)))
            // Many small requests cost more than a moment with a shorter window.
            guard end == size || end - start >= step(window) || start - streams[index].position <= window / 2 else { return }
            guard fetch(ByteRange(offset: start, count: end - start), index, &plan, world) else { return }
            streams[index].frontier = end
        }
    }

    /// As forward, in smaller steps: the bytes wanted first are the last to arrive.
    private mutating func fetchBackward(_ index: Int, _ plan: inout Plan, _ world: some ReadSurroundings) {
        let window = window(of: streams[index], world)
        let target = max(0, streams[index].position - window)
        let step = max(Self.smallestStep, step(window) / 2)
        while streams[index].frontier > target {
            let end = streams[index].frontier
            let start = max(0, alignedDown(end - min(step, end - target)))
            guard start == 0 || end - start >= step || streams[index].position - end <= window / 2 else { return }
            guard fetch(ByteRange(offset: start, count: end - start), index, &plan, world) else { return }
            streams[index].frontier = start
        }
    }

    /// The next pieces, each by itself: first one, then as many again as were read.
    private mutating func fetchStrided(_ index: Int, _ distance: Int64, _ plan: inout Plan, _ world: some ReadSurroundings) {
        let last = streams[index].last
        let pieces = max(1, min(64, window(of: streams[index], world) / last.count))
        let target = last.offset + pieces * distance
        while (target - streams[index].frontier) / distance > 0 {
            let start = streams[index].frontier + distance
            guard start >= 0, start < size else { return }
            let piece = aligned(ByteRange(offset: start, count: last.count).clamped(toSize: size))
            guard fetch(piece, index, &plan, world) else { return }
            streams[index].frontier = start
        }
    }

    /// Fetches what is missing of a range that nobody has asked for; false when there is no memory for it.
    private mutating func fetch(_ range: ByteRange, _ index: Int, _ plan: inout Plan, _ world: some ReadSurroundings) -> Bool {
        for gap in gaps(in: range, world) {
            guard world.reserve(gap.count) else {
                plan.isShort = true
                return false
            }
            add(gap, ahead: gap.count, owner: streams[index].number, &plan)
        }
        return true
    }

    private func window(of stream: ReadStream, _ world: some ReadSurroundings) -> Int64 {
        stream.window(atMost: min(world.share, max(Self.modestWindow, 2 * world.bytesInFlight)))
    }

    /// How much one request asks for: a part of the window, so that several are under way.
    private func step(_ window: Int64) -> Int64 {
        alignedUp(min(Self.largestStep, max(Self.smallestStep, window / 4)))
    }
}

// MARK: - Segments

extension Prefetcher {
    private mutating func add(_ range: ByteRange, ahead: Int64, owner: Int?, _ plan: inout Plan) {
        numbers += 1
        let segment = Segment(number: numbers, range: range, ahead: ahead, owner: owner)
        segments.insert(segment, at: firstIndex(endingAfter: range.offset))
        plan.starting.append(segment)
    }

    /// What of `range` is in no segment and not cached, in order; aligned.
    private func gaps(in range: ByteRange, _ world: some ReadSurroundings) -> [ByteRange] {
        var gaps: [ByteRange] = []
        var start = range.offset
        var index = firstIndex(endingAfter: start)
        while start < range.end {
            let next = index < segments.count ? segments[index].range : ByteRange(offset: size, count: 0)
            if next.offset > start {
                let whole = aligned(ByteRange(offset: start, count: min(range.end, next.offset) - start))
                uncached(whole, world, into: &gaps)
            }
            start = max(start, next.end)
            if index == segments.count { break }
            index += 1
        }
        return gaps
    }

    /// The blocks of an aligned range that are not cached, neighbours together.
    private func uncached(_ range: ByteRange, _ world: some ReadSurroundings, into gaps: inout [ByteRange]) {
        guard settings.alignment > 1 else { return gaps.append(range) }
        var start = range.offset
        while start < range.end {
            let block = ByteRange(offset: start, count: min(settings.alignment, range.end - start))
            start = block.end
            if world.isCached(block) { continue }
            if let last = gaps.last, last.end == block.offset {
                gaps[gaps.count - 1] = ByteRange(offset: last.offset, count: last.count + block.count)
            } else {
                gaps.append(block)
            }
        }
    }

    /// The parts of a read; whoever reads them counts as waiting for their segments. What is in no segment was found in the cache.
    private mutating func takePieces(of wanted: ByteRange) -> [Piece] {
        var pieces: [Piece] = []
        var start = wanted.offset
        var index = firstIndex(endingAfter: start)
        while start < wanted.end {
            guard index < segments.count, segments[index].range.offset < wanted.end else {
                pieces.append(.cached(ByteRange(offset: start, count: wanted.end - start)))
                return pieces
            }
            let range = segments[index].range
            if range.offset > start { pieces.append(.cached(ByteRange(offset: start, count: range.offset - start))) }
            start = max(start, range.offset)
            pieces.append(.segment(segments[index].number, ByteRange(offset: start, count: min(range.end, wanted.end) - start)))
            segments[index].waiting += 1
            start = min(range.end, wanted.end)
            index += 1
        }
        return pieces
    }

    /// Takes out the segments that nobody waits for and no stream holds.
    private mutating func sweep() -> [Segment] {
        var dropped: [Segment] = []
        for index in segments.indices.reversed() where segments[index].waiting == 0 && !isHeld(index) {
            dropped.append(segments.remove(at: index))
        }
        return dropped
    }

    private mutating func isHeld(_ index: Int) -> Bool {
        let segment = segments[index]
        if size <= settings.smallFile { return !segment.isDone && settings.alignment > 1 || readOfWhole < size && segment.range.count == size }
        // A block that is to be cached is fetched to its end, also when its reader has got what it wanted of it.
        if settings.alignment > 1, !segment.isDone, segment.ahead == 0 { return true }
        if let owner = segment.owner, let stream = stream(owner), holds(stream, segment) { return true }
        guard let other = streams.first(where: { holds($0, segment) }) else { return false }
        segments[index].owner = other.number
        return true
    }

    private func holds(_ stream: ReadStream, _ segment: Segment) -> Bool {
        let held = stream.held
        return segment.range.offset < held.upperBound && held.lowerBound < segment.range.end
    }

    /// Their numbers ascend.
    private func stream(_ number: Int) -> ReadStream? {
        var (low, high) = (0, streams.count)
        while low < high {
            let middle = (low + high) / 2
            if streams[middle].number >= number { high = middle } else { low = middle + 1 }
        }
        return low < streams.count && streams[low].number == number ? streams[low] : nil
    }

    private func firstIndex(endingAfter offset: Int64) -> Int {
        var (low, high) = (0, segments.count)
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].range.end > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func index(of number: Int) -> Int? {
        segments.firstIndex { $0.number == number }
    }

    private func alignedUp(_ offset: Int64) -> Int64 {
        min(size, (offset + settings.alignment - 1) / settings.alignment * settings.alignment)
    }

    private func alignedDown(_ offset: Int64) -> Int64 {
        offset / settings.alignment * settings.alignment
    }

    /// The range with whole blocks at both ends.
    private func aligned(_ range: ByteRange) -> ByteRange {
        let start = alignedDown(range.offset)
        return ByteRange(offset: start, count: alignedUp(range.end) - start)
    }
}
