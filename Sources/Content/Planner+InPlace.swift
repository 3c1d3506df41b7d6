import FileSystemTypes
import ObjectStorage

/// Changes of an object as it lies (OBS parallel file systems).
extension Planner {
    func inPlace(_ map: ExtentMap) -> ContentStep? {
        guard options.allowsInPlace, capabilities.modify, let base = map.base else { return nil }
        let ways = [min(map.size, base.size), cleanEnd(map)].compactMap { cut in
            try? InPlaceSteps(map, base, cut: cut, largest: min(limits.singlePut, options.largestBody), costs).steps
        }
        return ways.map { ContentStep.inPlace($0) }.min { costs.total($0.cost) < costs.total($1.cost) }
    }

    /// Where the last unchanged byte ends: what follows may be cut off and grown again, which costs less than sending many zeros.
    private func cleanEnd(_ map: ExtentMap) -> Int64 {
        map.index.chunks.reversed().lazy.flatMap { $0.reversed() }.first { $0.isUnchanged(from: map.base) }?.range.end ?? 0
    }
}

/// Goes through a map and collects what has to be written over the base.
private struct InPlaceSteps {
    private(set) var steps: [InPlaceStep] = []
    private let largest: Int64
    private let costs: CostModel
    /// Of the object after the steps so far, and after the run that is being collected.
    private var length: Int64
    private var run = Body()
    private var runStart: Int64 = 0

    /// First cuts the object at `cut`, if it is longer.
    init(_ map: ExtentMap, _ base: ObjectVersion, cut: Int64, largest: Int64, _ costs: CostModel) throws(BytesOnlyInPart) {
        self.largest = largest
        self.costs = costs
        length = min(cut, base.size)
        if length < base.size { steps.append(.truncate(size: length)) }
        for extent in map.index {
            if extent.isUnchanged(from: base) {
                flush()
            } else if extent.origin.isHole {
                zeros(extent.range)
            } else {
                try add(extent)
            }
        }
        flush()
        if length < map.size { steps.append(.truncate(size: map.size)) }
    }

    private mutating func add(_ extent: Extent) throws(BytesOnlyInPart) {
        var rest = extent.range
        while !rest.isEmpty {
            if run.count >= largest { flush() }
            if run.count == 0 { runStart = rest.offset }
            let range = ByteRange(offset: rest.offset, count: min(rest.count, largest - run.count))
            if let part = extent.clamped(to: range) { run.append(try Piece(part), costs) }
            length = max(length, range.end)
            rest = ByteRange(offset: range.end, count: rest.count - range.count)
        }
    }

    /// Zeros are written where the object has bytes; past its end it grows with them by itself.
    private mutating func zeros(_ range: ByteRange) {
        let needed = min(max(length - range.offset, 0), range.count)
        let hasNeighbour = run.count > 0 || needed > 0
        let bridges = hasNeighbour && costs.up(range.count - needed) <= costs.request
        let sent = bridges ? range.count : needed
        // A hole has nothing that only a part could hold.
        try? add(Extent(ByteRange(offset: range.offset, count: sent), .hole))
        if sent < range.count { flush() }
    }

    private mutating func flush() {
        guard run.count > 0 else { return }
        steps.append(.modify(position: runStart, run))
        run = Body()
    }
}
