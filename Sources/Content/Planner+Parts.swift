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
            if !kept.isEmpty, let parts = divided(map, keeping: kept) { return PartList(parts: parts, resumes: true) }
        }
        return divided(map, keeping: []).map { PartList(parts: $0, resumes: resuming) }
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

    private func divided(_ map: ExtentMap, keeping kept: [PlacedPart]) -> [PlannedPart]? {
        let file = Sections(map, keeping: kept, self)
        guard file.unreadable == nil else { return nil }
        if let parts = divided(map, file, penalty: 0) { return parts }
        // Too many parts: the more a part costs, the more is joined. At the end of the search all is one body, or no number of parts will do.
        var low = max(costs.request, 1)
        var high = low
        var found: [PlannedPart]?
        let most = 4 * (costs.up(map.size) + costs.down(map.size)) + 4 * costs.request
        while found == nil, high <= most {
            low = high
            high *= 8
            found = divided(map, file, penalty: high)
        }
        while found != nil, high > low * 1.1 {
            let middle = (low * high).squareRoot()
            if let better = divided(map, file, penalty: middle) {
                found = better
                high = middle
            } else {
                low = middle
            }
        }
        return found
    }

    private func divided(_ map: ExtentMap, _ file: Sections, penalty: Double) -> [PlannedPart]? {
        let sizes = PartSizes(limits: limits)
        let target = sizes.target(for: map.size, wanted: options.partSize, parts: limits.parts)
        let largestCopy = min(limits.maximumPart, max(options.largestCopy ?? .max, 2 * limits.minimumPart, 1))
        let choice = SeamChoice(
            file, minimum: limits.minimumPart, largestCopy: largestCopy, partSize: target, costs, penalty: penalty)
        guard let segments = choice.segments(size: map.size) else { return nil }
        return PartNumbering(map, sizes, target: target, largestCopy: largestCopy, costs).numbered(segments)
    }
}

/// Divides segments into parts and gives them numbers between those of the parts that stay.
private struct PartNumbering {
    private let map: ExtentMap
    private let sizes: PartSizes
    private let target: Int64
    private let largestCopy: Int64
    private let costs: CostModel

    init(_ map: ExtentMap, _ sizes: PartSizes, target: Int64, largestCopy: Int64, _ costs: CostModel) {
        self.map = map
        self.sizes = sizes
        self.target = target
        self.largestCopy = largestCopy
        self.costs = costs
    }

    /// Nil where the numbers do not suffice.
    func numbered(_ segments: [Segment]) -> [PlannedPart]? {
        var parts: [PlannedPart] = []
        var between: [Segment] = []
        for segment in segments {
            guard case .sent(let placed) = segment else {
                between.append(segment)
                continue
            }
            guard append(between, upTo: placed.part.number - 1, to: &parts) else { return nil }
            parts.append(PlannedPart(number: placed.part.number, range: placed.range, source: .sent(placed.part)))
            between = []
        }
        return append(between, upTo: sizes.limits.parts, to: &parts) ? parts : nil
    }

    /// Adds the parts of `segments` under the numbers that follow, the last of which is at most `last`. Larger parts than the target are
    /// taken where the numbers are few.
    private func append(_ segments: [Segment], upTo last: Int, to parts: inout [PlannedPart]) -> Bool {
        let first = (parts.last?.number ?? 0) + 1
        var size = target
        var divided = segments.map { ranges($0, size) }
        while divided.reduce(0, { $0 + $1.count }) > last - first + 1 {
            guard size < sizes.limits.maximumPart else { return false }
            size = size > sizes.limits.maximumPart / 2 ? sizes.limits.maximumPart : size * 2
            divided = segments.map { ranges($0, size) }
        }
        for (segment, ranges) in zip(segments, divided) {
            for range in ranges {
                guard let source = source(segment, range) else { return false }
                parts.append(PlannedPart(number: (parts.last?.number ?? 0) + 1, range: range, source: source))
            }
        }
        return true
    }

    private func ranges(_ segment: Segment, _ size: Int64) -> [ByteRange] {
        switch segment {
        case .sent(let part): [part.range]
        case .copied(_, _, let range): sizes.balanced(range, largestCopy)
        case .body(let range): range.end == map.size ? sizes.uniform(range, size) : sizes.balanced(range, size)
        }
    }

    private func source(_ segment: Segment, _ range: ByteRange) -> PartSource? {
        switch segment {
        case .sent(let placed): .sent(placed.part)
        case .copied(let source, let offset, let whole):
            .copied(source, ByteRange(offset: offset + range.offset - whole.offset, count: range.count))
        case .body: (try? Body(map.extents(in: range), costs)).map { .body($0) }
        }
    }
}
