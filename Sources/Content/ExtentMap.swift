package import FileSystemTypes

/// The content of a file: for each byte of [0, size), where it can be read. A value; it holds no bytes itself.
///
/// Neighbours whose bytes follow each other are one extent. Offsets and sizes are at most 2^63 - 1; callers refuse what goes beyond
/// (EFBIG) before they edit. Edits take O(log n + extents that go and come).
package struct ExtentMap: Hashable, Sendable {
    /// The version that the file was opened with: what changed is what differs from it. Nil for a file that is new.
    package internal(set) var base: ObjectVersion?
    package internal(set) var size: Int64
    var index = ExtentIndex()

    /// The content of an object, or of an empty new file.
    package init(base: ObjectVersion? = nil) {
        self.base = base
        size = 0
        guard let base, base.size > 0 else { return }
        put([Extent(ByteRange(offset: 0, count: base.size), .remote(base, offset: 0))])
    }

    /// What `write(2)` did, after its bytes were put into staging from `stagingOffset` on. Grows the file where that is needed.
    package mutating func write(_ range: ByteRange, at stagingOffset: Int64) {
        put([Extent(range, .local(offset: stagingOffset))])
    }

    /// Adds `count` bytes at the end, which lie in staging from `stagingOffset` on. Gives where they came to lie in the file.
    @discardableResult
    package mutating func append(_ count: Int64, at stagingOffset: Int64) -> ByteRange {
        let range = ByteRange(offset: size, count: count)
        write(range, at: stagingOffset)
        return range
    }

    /// Cuts the file, or grows it with a hole (truncate(2)).
    package mutating func truncate(to newSize: Int64) {
        guard newSize < size else { return grow(to: newSize) }
        let first = index.position(of: newSize)
        let kept = index[first].clamped(to: ByteRange(offset: 0, count: newSize))
        index.replace(from: first, upTo: index.end, with: kept.map { [$0] } ?? [])
        size = newSize
    }

    /// Makes a hole of what lies in the file (fallocate(2), `FALLOC_FL_PUNCH_HOLE`).
    package mutating func punch(_ range: ByteRange) {
        put([Extent(range.clamped(toSize: size), .hole)])
    }

    /// Zeros, also past the end (fallocate(2), `FALLOC_FL_ZERO_RANGE`).
    package mutating func zero(_ range: ByteRange) {
        put([Extent(range, .hole)])
    }

    private mutating func grow(to newSize: Int64) {
        guard newSize > size else { return }
        put([Extent(ByteRange(offset: size, count: newSize - size), .hole)])
    }

    /// Puts `extents`, which follow each other, in the place of what was there, and joins what belongs together.
    mutating func put(_ extents: [Extent]) {
        let new = extents.filter { !$0.range.isEmpty }
        guard let start = new.first?.range.offset, let end = new.last?.range.end else { return }
        grow(to: start)
        var first = index.position(of: start)
        var after = index.position(of: end)
        var all: [Extent] = []
        if let left = leftOf(&first, start) { all.append(left) }
        all.append(contentsOf: new)
        if let right = rightOf(&after, end) { all.append(right) }
        index.replace(from: first, upTo: after, with: Self.joined(all))
        size = max(size, end)
    }

    /// What stays to the left of `start` and may join what comes: the front of the extent at `first`, else the whole one before it.
    private func leftOf(_ first: inout ExtentIndex.Position, _ start: Int64) -> Extent? {
        if first < index.end, index[first].range.offset < start {
            return index[first].clamped(to: ByteRange(offset: 0, count: start))
        }
        guard let before = index.before(first) else { return nil }
        first = before
        return index[before]
    }

    /// What stays from `end` on of the extent at `after`, whole or not; `after` becomes the position behind it.
    private func rightOf(_ after: inout ExtentIndex.Position, _ end: Int64) -> Extent? {
        guard after < index.end else { return nil }
        let extent = index[after]
        after = index.after(after)
        return extent.clamped(to: ByteRange(offset: end, count: extent.range.end - end))
    }

    static func joined(_ extents: [Extent]) -> [Extent] {
        var result: [Extent] = []
        result.reserveCapacity(extents.count)
        for extent in extents {
            if let last = result.last, let both = last.joined(with: extent) {
                result[result.count - 1] = both
            } else {
                result.append(extent)
            }
        }
        return result
    }
}
