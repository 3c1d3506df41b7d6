internal import FileSystemTypes

/// Somebody who reads in a pattern: where they are, and how far ahead of them was fetched.
struct ReadStream: Sendable {
    enum Pattern: Hashable, Sendable {
        case forward
        /// From the end of the file to its beginning, in pieces that follow each other.
        case backward
        /// Pieces of one size, each this far from the one before; the distance may be negative.
        case strided(Int64)
    }

    /// How a read relates to a stream.
    enum Relation {
        case unrelated
        /// It goes on, or a little back.
        case continues
        /// It goes farther back: the same reader if it finds there what was fetched for it.
        case returns
        /// It goes on a little farther away: the same reader, who has skipped something.
        case jumps
    }

    /// A gap of this size is cheaper fetched than skipped.
    static let smallGap: Int64 = 64 << 10
    /// The kernel asks for several pieces at the same time, and they arrive in any order: what was fetched and not read yet is kept so long.
    static let disorder: Int64 = 8 << 20
    /// Who has read so much in a row goes through a large file.
    static let passing: Int64 = 16 << 20
    /// So much of what was read is kept for those who go back.
    static let kept: Int64 = 1 << 20

    let number: Int
    let reader: ReaderID
    let pattern: Pattern
    /// Where it began.
    let start: Int64
    private(set) var last: ByteRange
    /// The end of what was read, in the direction of reading.
    private(set) var position: Int64
    /// The end of what was fetched, in the direction of reading; of a strided stream, the offset of the farthest piece.
    var frontier: Int64
    /// The window that it had last.
    var room: Int64 = 0
    /// How many bytes were read in this pattern.
    private(set) var streamed: Int64
    /// How many reads have continued it.
    private(set) var run: Int
    /// It has skipped something and not read on since.
    private var hasJumped = false
    /// When it was last used, by the prefetcher's count of reads.
    var used: Int

    init(_ number: Int, of reader: ReaderID, _ pattern: Pattern, first: ByteRange, streamed: Int64, run: Int, used: Int) {
        self.number = number
        self.reader = reader
        self.pattern = pattern
        start = first.offset
        last = first
        position = pattern == .backward ? first.offset : first.end
        frontier = if case .strided = pattern { first.offset } else { position }
        self.streamed = streamed
        self.run = run
        self.used = used
    }

    var isStrided: Bool {
        if case .strided = pattern { true } else { false }
    }

    /// What is read next will not be asked for again soon, more likely than not.
    var isPassing: Bool { !isStrided && streamed > Self.passing }

    /// How many bytes to have ahead of the reader: as much as was read already, twice, up to `most`.
    func window(atMost most: Int64) -> Int64 {
        hasJumped ? 0 : min(2 * streamed, most)
    }

    /// What is kept behind the reader although it was read.
    private var behind: Int64 {
        min(Self.kept, max(2 * last.count, room / 4))
    }

    func relation(to wanted: ByteRange) -> Relation {
        switch pattern {
        case .forward: forwardRelation(to: wanted)
        case .backward: backwardRelation(to: wanted)
        case .strided(let distance): stridedRelation(to: wanted, distance)
        }
    }

    private func forwardRelation(to wanted: ByteRange) -> Relation {
        guard wanted.offset >= position - behind else { return wanted.offset >= position - Self.disorder ? .returns : .unrelated }
        if wanted.offset <= frontier + slack(wanted) { return .continues }
        return run >= 2 && wanted.offset <= frontier + 2 * streamed ? .jumps : .unrelated
    }

    private func backwardRelation(to wanted: ByteRange) -> Relation {
        guard wanted.end <= position + behind else { return wanted.end <= position + Self.disorder ? .returns : .unrelated }
        return wanted.end >= frontier - slack(wanted) ? .continues : .unrelated
    }

    private func stridedRelation(to wanted: ByteRange, _ distance: Int64) -> Relation {
        let (steps, rest) = (wanted.offset - last.offset).quotientAndRemainder(dividingBy: distance)
        return rest == 0 && (-4...8).contains(steps) && wanted.count <= 2 * last.count ? .continues : .unrelated
    }

    /// A new stream is believed to read all; one that has proved so may have its pieces in disorder.
    private func slack(_ wanted: ByteRange) -> Int64 {
        run < 2 ? wanted.count : max(Self.smallGap, 2 * wanted.count)
    }

    /// The reader has gone on to `wanted`.
    mutating func advance(to wanted: ByteRange) {
        run += 1
        hasJumped = false
        switch pattern {
        case .forward:
            guard wanted.end > position else { return }
            streamed += wanted.end - max(position, wanted.offset)
            position = wanted.end
            frontier = max(frontier, position)
        case .backward:
            guard wanted.offset < position else { return }
            streamed += min(position, wanted.end) - wanted.offset
            position = wanted.offset
            frontier = min(frontier, position)
        case .strided(let distance):
            guard (wanted.offset - last.offset) / distance > 0 else { return }
            streamed += wanted.count
            if (frontier - wanted.offset) / distance <= 0 { frontier = wanted.offset }
        }
        last = wanted
    }

    /// The reader has skipped what was fetched: it must prove again that it reads on.
    mutating func jump(to wanted: ByteRange) {
        last = wanted
        position = wanted.end
        frontier = wanted.end
        streamed /= 2
        hasJumped = true
    }

    /// The range whose fetched parts are kept for this reader; more of it where they were not read yet.
    func held(unread: Bool) -> Range<Int64> {
        let behind = unread ? Self.disorder : behind
        return switch pattern {
        case .forward: position - behind..<max(frontier, position)
        case .backward: min(frontier, position)..<position + behind
        case .strided(let distance):
            distance > 0
                ? last.offset - 2 * distance..<max(frontier, last.offset) + last.count
                : min(frontier, last.offset)..<last.end - 2 * distance
        }
    }
}
