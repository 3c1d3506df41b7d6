import FileSystemTypes
import ObjectStorage

/// Divides segments into parts and gives them numbers between those of the parts that stay.
struct PartNumbering {
    struct Part {
        var number: Int
        var range: ByteRange
        var segment: Segment
    }

    private let sizes: PartSizes
    let target: Int64
    let largestCopy: Int64
    /// Of the file: the last body ends there.
    private let size: Int64

    init(_ sizes: PartSizes, target: Int64, largestCopy: Int64, size: Int64) {
        self.sizes = sizes
        self.target = target
        self.largestCopy = largestCopy
        self.size = size
    }

    /// Nil where the numbers do not suffice.
    func numbered(_ segments: [Segment]) -> [Part]? {
        var parts: [Part] = []
        var between: [Segment] = []
        for segment in segments {
            guard case .sent(let placed) = segment else {
                between.append(segment)
                continue
            }
            guard append(between, upTo: placed.part.number - 1, to: &parts) else { return nil }
            parts.append(Part(number: placed.part.number, range: placed.range, segment: segment))
            between = []
        }
        return append(between, upTo: sizes.limits.parts, to: &parts) ? parts : nil
    }

    /// Adds the parts of `segments` under the numbers that follow, the last of which is at most `last`. Larger parts than the target are
    /// taken where the numbers are few.
    private func append(_ segments: [Segment], upTo last: Int, to parts: inout [Part]) -> Bool {
        var number = (parts.last?.number ?? 0) + 1
        guard let partSize = partSize(segments, within: last - number + 1) else { return false }
        for segment in segments {
            for range in ranges(segment, partSize) {
                parts.append(Part(number: number, range: range, segment: segment))
                number += 1
            }
        }
        return true
    }

    /// Of bodies, so that there are at most `count` parts; nil where no size does it.
    private func partSize(_ segments: [Segment], within count: Int) -> Int64? {
        guard segments.count <= count else { return nil }
        var partSize = target
        while segments.reduce(0, { $0 + ranges($1, partSize).count }) > count {
            guard partSize < sizes.limits.maximumPart else { return nil }
            partSize = partSize > sizes.limits.maximumPart / 2 ? sizes.limits.maximumPart : partSize * 2
        }
        return partSize
    }

    private func ranges(_ segment: Segment, _ partSize: Int64) -> [ByteRange] {
        switch segment {
        case .sent(let part): [part.range]
        case .copied(_, _, let range): sizes.balanced(range, largestCopy)
        case .body(let range): range.end == size ? sizes.uniform(range, partSize) : sizes.balanced(range, partSize)
        }
    }
}
