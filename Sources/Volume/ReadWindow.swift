package import FileSystemTypes

/// Decides what to fetch for a reader: a pure value.
///
/// A reader that goes on where it stopped gets a window that grows with what it has read; any other read is fetched exactly.
package struct ReadWindow: Sendable {
    /// The kernel's own read-ahead asks a little out of order.
    package static let tolerance: Int64 = 1 << 20
    package static let firstSegment: Int64 = 1 << 20
    package static let largestSegment: Int64 = 8 << 20
    package static let largestWindow: Int64 = 32 << 20

    private let size: Int64
    private var expected: Int64 = 0
    private var streamed: Int64 = 0
    /// The contiguous ranges that are fetched or being fetched.
    package private(set) var segments: [ByteRange] = []

    package init(size: Int64) {
        self.size = size
    }

    package enum Plan: Equatable {
        /// Fetch just this, keep nothing.
        case exact
        /// Answer from the segments, after dropping and starting some.
        case windowed(dropping: [ByteRange], starting: [ByteRange])
    }

    /// `reserve` is asked for each segment that is not needed at once.
    package mutating func plan(_ wanted: ByteRange, reserve: (Int64) -> Bool) -> Plan {
        guard abs(wanted.offset - expected) <= Self.tolerance || covers(wanted) else {
            expected = wanted.end
            streamed = 0
            return .exact
        }
        streamed += max(0, wanted.end - max(expected, wanted.offset))
        expected = max(expected, wanted.end)
        let dropped = drop(before: wanted)
        return .windowed(dropping: dropped, starting: extend(for: wanted, reserve))
    }

    /// A segment could not be fetched: it is not there.
    package mutating func remove(_ segment: ByteRange) {
        guard let index = segments.firstIndex(of: segment) else { return }
        segments.removeSubrange(index...)
    }

    private func covers(_ wanted: ByteRange) -> Bool {
        guard let first = segments.first, let last = segments.last else { return false }
        return first.offset <= wanted.offset && wanted.end <= last.end
    }

    /// What lies well behind the reader, or all when the reader is outside of the window.
    private mutating func drop(before wanted: ByteRange) -> [ByteRange] {
        let isOutside = segments.first.map { wanted.offset < $0.offset } ?? false || segments.last.map { wanted.offset > $0.end } ?? false
        let dropped = segments.filter { isOutside || $0.end + Self.tolerance <= wanted.offset }
        segments.removeAll { dropped.contains($0) }
        return dropped
    }

    private mutating func extend(for wanted: ByteRange, _ reserve: (Int64) -> Bool) -> [ByteRange] {
        let window = streamed <= Self.firstSegment ? 0 : min(Self.largestWindow, 2 * streamed)
        let target = min(size, wanted.end + window)
        var started: [ByteRange] = []
        while true {
            let start = segments.last?.end ?? wanted.offset
            guard start < target else { return started }
            let length = min(max(wanted.end - start, segmentSize), size - start)
            let segment = ByteRange(offset: start, count: length)
            if start < wanted.end {
                started.append(segment)
            } else {
                guard reserve(length) else { return started }
                started.append(segment)
            }
            segments.append(segment)
        }
    }

    private var segmentSize: Int64 {
        min(Self.largestSegment, max(Self.firstSegment, streamed / 2))
    }
}
