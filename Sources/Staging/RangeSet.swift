internal import FileSystemTypes

/// Bytes of a file as disjoint ranges in order; ranges that touch are one.
struct RangeSet: Sendable, Equatable {
    private(set) var ranges: [Range<Int64>] = []

    var count: Int64 { ranges.reduce(0) { $0 + Int64($1.count) } }

    /// O(log n) to find the place, O(n) to move what follows.
    mutating func insert(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        let start = firstIndex { $0.upperBound >= range.lowerBound }
        var end = start
        var merged = range
        while end < ranges.count, ranges[end].lowerBound <= merged.upperBound {
            merged = min(merged.lowerBound, ranges[end].lowerBound)..<max(merged.upperBound, ranges[end].upperBound)
            end += 1
        }
        ranges.replaceSubrange(start..<end, with: [merged])
    }

    /// The range of this set that holds all of `range`.
    func covering(_ range: Range<Int64>) -> Range<Int64>? {
        let index = firstIndex { $0.upperBound >= range.upperBound }
        guard index < ranges.count, ranges[index].lowerBound <= range.lowerBound else { return nil }
        return ranges[index]
    }

    /// What lies between 0 and `length` and is not in the set.
    func gaps(to length: Int64) -> [Range<Int64>] {
        var gaps: [Range<Int64>] = []
        var position: Int64 = 0
        for range in ranges where position < length {
            if range.lowerBound > position { gaps.append(position..<min(range.lowerBound, length)) }
            position = range.upperBound
        }
        if position < length { gaps.append(position..<length) }
        return gaps
    }

    /// The first index whose range fulfils a condition that holds for all that follow it.
    private func firstIndex(where holds: (Range<Int64>) -> Bool) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if holds(ranges[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
