import FileSystemTypes
import ObjectStorage

/// Multipart uploads.
extension Planner {
    /// The cheapest multipart upload of the map, nil where there is none: of an empty file, or of bytes that cannot be read.
    func parts(_ map: ExtentMap, resuming: Bool) throws(PlanError) -> PartList? {
        guard map.size > 0 else { return nil }
        guard PartSizes(limits: limits).areUsable else { throw .unusableLimits }
        if resuming {
            let kept = usableParts(map)
            // Where the numbers between parts that are kept do not suffice, all is sent under new numbers.
            if !kept.isEmpty, let parts = PartDivision(map, keeping: kept, self).parts { return PartList(parts: parts, resumes: true) }
        }
        return PartDivision(map, keeping: [], self).parts.map { PartList(parts: $0, resumes: resuming) }
    }

    /// The whole parts of the running upload that can stay what they are.
    private func usableParts(_ map: ExtentMap) -> [PlacedPart] {
        var kept: [PlacedPart] = []
        for placed in map.wholeParts {
            let count = placed.range.count
            guard count >= limits.minimumPart || placed.range.end == map.size, count <= limits.maximumPart,
                placed.part.number > kept.last?.part.number ?? 0, placed.part.number <= limits.parts
            else { continue }
            kept.append(placed)
        }
        return kept
    }
}

/// Looks for the cheapest division of a file into no more parts than the store takes.
private struct PartDivision {
    private let map: ExtentMap
    private let file: Sections
    private let numbering: PartNumbering
    private let costs: CostModel
    private let minimum: Int64

    init(_ map: ExtentMap, keeping kept: [PlacedPart], _ planner: Planner) {
        self.map = map
        let limits = planner.limits
        file = Sections(map, keeping: kept, planner)
        costs = planner.costs
        minimum = limits.minimumPart
        let sizes = PartSizes(limits: limits)
        let target = sizes.target(for: map.size, wanted: planner.options.partSize, parts: limits.parts)
        let largestCopy = min(limits.maximumPart, max(planner.options.largestCopy ?? .max, 2 * minimum, 1))
        numbering = PartNumbering(sizes, target: target, largestCopy: largestCopy, size: map.size)
    }

    /// Nil where there is none.
    var parts: [PlannedPart]? {
        guard file.unreadable == nil, let parts = divided(.none) ?? joined() else { return nil }
        var planned: [PlannedPart] = []
        for part in parts {
            guard let source = source(part) else { return nil }
            planned.append(PlannedPart(number: part.number, range: part.range, source: source))
        }
        return planned
    }

    private func divided(_ penalty: SeamChoice.Penalty) -> [PartNumbering.Part]? {
        let choice = SeamChoice(
            file, minimum: minimum, largestCopy: numbering.largestCopy, partSize: numbering.target, costs, penalty)
        return choice.segments(size: map.size).flatMap { numbering.numbered($0) }
    }

    /// There were too many parts: the more a part costs, the more is joined, up to one body of all. Where many places are alike, a little more
    /// joins all of them at once; so in the end only the front of the file pays the higher price.
    private func joined() -> [PartNumbering.Part]? {
        var low = 0.0
        var high = max(costs.request, 1)
        let most = 4 * (costs.up(map.size) + costs.down(map.size) + high)
        while divided(SeamChoice.Penalty(front: high)) == nil {
            guard high <= most else { return nil }
            low = high
            high *= 8
        }
        for _ in 0..<12 where high - low > 0.05 * high {
            let middle = (low + high) / 2
            if divided(SeamChoice.Penalty(front: middle)) == nil { low = middle } else { high = middle }
        }
        var fewest = 0
        var enough = file.sections.count + 1
        while fewest + 1 < enough {
            let middle = (fewest + enough) / 2
            if divided(SeamChoice.Penalty(front: high, count: middle, rest: low)) == nil { fewest = middle } else { enough = middle }
        }
        return divided(SeamChoice.Penalty(front: high, count: enough, rest: low))
    }

    private func source(_ part: PartNumbering.Part) -> PartSource? {
        switch part.segment {
        case .sent(let placed): .sent(placed.part)
        case .copied(let source, let offset, let whole):
            .copied(source, ByteRange(offset: offset + part.range.offset - whole.offset, count: part.range.count))
        case .body: (try? Body(map.extents(in: part.range), costs)).map { .body($0) }
        }
    }
}
