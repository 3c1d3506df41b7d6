import FileSystemTypes
import ObjectStorage

/// A stretch of a file that is one thing to whoever divides it into parts.
struct Section {
    enum Kind {
        /// Bytes of an object, long enough to be copied.
        case copyable(ObjectVersion, offset: Int64)
        /// A part that the running upload holds whole.
        case sent(PlacedPart)
    }

    var range: ByteRange
    var kind: Kind
    /// To send the bytes again; nil where they can be read nowhere.
    var absorbing: PlanCost?
    /// How many bytes of it a copy must keep.
    var minimum: Int64

    /// How many bytes its neighbours may take from it.
    var spare: Int64 {
        if case .copyable = kind { max(0, range.count - minimum) } else { 0 }
    }

    /// As a segment without what its neighbours took from either end.
    func segment(taken: Int64, lent: Int64) -> Segment {
        let rest = ByteRange(offset: range.offset + taken, count: range.count - taken - lent)
        switch kind {
        case .copyable(let source, let offset): return .copied(source, offset: offset + taken, rest)
        case .sent(let part): return .sent(part)
        }
    }
}

/// What a stretch of a file becomes.
enum Segment {
    case sent(PlacedPart)
    case copied(ObjectVersion, offset: Int64, ByteRange)
    case body(ByteRange)

    var range: ByteRange {
        switch self {
        case .sent(let part): part.range
        case .copied(_, _, let range), .body(let range): range
        }
    }
}

/// A file as sections with runs between them, before the first and after the last: `runs` has one more, and some are empty.
///
/// What lies in runs has to be sent.
struct Sections {
    struct Run {
        var count: Int64 = 0
        var cost = PlanCost()
    }

    private(set) var sections: [Section] = []
    private(set) var runs: [Run] = []
    /// Of what lies in runs, bytes that can be read nowhere.
    private(set) var unreadable: ByteRange?
    private let planner: Planner
    private let size: Int64
    private var run: [Extent] = []

    init(_ map: ExtentMap, keeping parts: [PlacedPart], _ planner: Planner) {
        self.planner = planner
        size = map.size
        var position: Int64 = 0
        for part in parts {
            add(map, ByteRange(offset: position, count: part.range.offset - position))
            close(Section(range: part.range, kind: .sent(part), absorbing: cost(map.extents(in: part.range)), minimum: part.range.count))
            position = part.range.end
        }
        add(map, ByteRange(offset: position, count: size - position))
        closeRun()
    }

    /// What a map has in `range`, which no part that is kept holds.
    private mutating func add(_ map: ExtentMap, _ range: ByteRange) {
        for extent in ExtentMap.joined(map.extents(in: range).map { Extent($0.range, $0.origin) }) {
            guard case .remote(let source, let offset) = extent.origin, isWorthCopying(extent.range) else {
                run.append(extent)
                continue
            }
            let minimum = extent.range.end == size ? 1 : max(1, planner.limits.minimumPart)
            close(Section(range: extent.range, kind: .copyable(source, offset: offset), absorbing: cost([extent]), minimum: minimum))
        }
    }

    /// Long enough to be a part: the last part of a file always is.
    private func isWorthCopying(_ range: ByteRange) -> Bool {
        planner.capabilities.partCopy && (range.count >= planner.limits.minimumPart || range.end == size)
    }

    private mutating func close(_ section: Section) {
        closeRun()
        sections.append(section)
    }

    private mutating func closeRun() {
        if let lost = run.first(where: { $0.origin == .partOnly }) { unreadable = lost.range }
        let count = run.reduce(0) { $0 + $1.range.count }
        runs.append(Run(count: count, cost: cost(run) ?? PlanCost()))
        run = []
    }

    private func cost(_ extents: [Extent]) -> PlanCost? {
        (try? Body(extents, planner.costs))?.cost
    }
}
