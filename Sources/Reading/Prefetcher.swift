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
        /// It was fetched for somebody who goes through a large file. The kernel keeps what they have read; a cache that all of it passed
        /// through would keep nothing else.
        package let isPassing: Bool
        /// The stream that it was fetched for.
        package internal(set) var owner: Int?
        package internal(set) var waiting = 0
        /// How many of its bytes were read, those that were read twice twice.
        package internal(set) var read: Int64 = 0
        package internal(set) var isDone = false
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
        /// The read is one of somebody who goes through a large file, as with segments.
        package var isPassing = false

        package init() {}
    }

    /// Limits of the list of streams and of one request.
    static let maximumStreams = 128
    /// A stream that took no part in so many reads is over.
    static let forgottenAfter = 4096
    static let provedWrongAfter = 64
    static let smallestStep: Int64 = 512 << 10
    static let largestStep: Int64 = 8 << 20
    /// Windows of links whose measure is small or not known; latency is not all that a reader may have to wait for.
    static let modestWindow: Int64 = 16 << 20

    let size: Int64
    let settings: Settings
    /// In the order of their offsets.
    package internal(set) var segments: [Segment] = []
    var streams: [ReadStream] = []
    private var history = ReadHistory()
    private var reads = 0
    var numbers = 0
    /// Of a small file: how much of it was read since it was fetched.
    var readOfWhole: Int64 = 0

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
            plan.isPassing = stream.map { streams[$0].isPassing } ?? false
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
            if streams[index].isStrided { history.remember(wanted, by: reader) }
            return index
        }
        guard let begun = begin(with: wanted, by: reader) else {
            history.remember(wanted, by: reader)
            return nil
        }
        streams.removeAll { reads - $0.used > ($0.pattern == .forward ? Self.forgottenAfter : Self.provedWrongAfter) }
        if streams.count >= Self.maximumStreams, let oldest = streams.indices.min(by: { streams[$0].used < streams[$1].used }) {
            streams.remove(at: oldest)
        }
        streams.append(begun)
        return streams.count - 1
    }

    /// The best of the streams that a read may belong to: one that reads on, before one that steps there, before one that has skipped something.
    private mutating func match(_ wanted: ByteRange, by reader: ReaderID) -> Int? {
        var (stepping, jumping): (Int?, Int?)
        for index in streams.indices where streams[index].reader == reader {
            switch streams[index].relation(to: wanted) {
            case .continues where streams[index].isStrided: stepping = index
            case .continues:
                streams[index].advance(to: wanted)
                return index
            case .returns where covering(wanted) != nil: return index
            case .jumps: jumping = index
            case .returns, .unrelated: break
            }
        }
        if let stepping {
            streams[stepping].advance(to: wanted)
        } else if let jumping {
            streams[jumping].jump(to: wanted)
        }
        return stepping ?? jumping
    }

    /// Reading a file from its beginning is believed at once, everything else when it has happened twice.
    private mutating func begin(with wanted: ByteRange, by reader: ReaderID) -> ReadStream? {
        if wanted.offset == 0 { return stream(.forward, wanted, by: reader, before: 0, run: 0) }
        let before = history.read(before: wanted, by: reader)
        if before > 0 { return stream(.forward, wanted, by: reader, before: before, run: 1) }
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
