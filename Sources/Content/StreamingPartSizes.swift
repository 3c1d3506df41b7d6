package import ObjectStorage

/// The sizes of the parts of a stream whose length nobody knows: small at first, so that little waits in staging, then doubled after
/// every so many parts, so that the store's number of parts reaches its largest object.
///
/// They double as late as that allows. Where even doubling every eighth part falls short, the sizes are those, and `reach` is what
/// they hold: with 10,000 parts of up to 5 GiB and 16 MiB at first, 99 % of what those parts could hold.
package struct StreamingPartSizes: Sequence, Sendable {
    private let first: Int64
    private let maximum: Int64
    private let parts: Int
    /// How many parts have the same size before it doubles.
    package let step: Int
    private static let shortestStep = 8

    /// `first`: of the first part, in bytes; kept within the limits.
    package init(first: Int64, limits: StoreLimits) {
        let first = Swift.min(Swift.max(first, limits.minimumPart, 1), limits.maximumPart)
        var low = Swift.min(Self.shortestStep, limits.parts)
        var high = limits.parts
        while low < high {
            let middle = (low + high + 1) / 2
            let reach = Self.reach(first, limits.maximumPart, limits.parts, step: middle)
            if reach >= limits.object { low = middle } else { high = middle - 1 }
        }
        self.first = first
        maximum = limits.maximumPart
        parts = limits.parts
        step = low
    }

    /// The size of part `number`, from 1 on.
    package subscript(number: Int) -> Int64 {
        precondition(number >= 1, "parts are counted from 1")
        let doublings = (number - 1) / step
        guard doublings < 63, first <= maximum >> Int64(doublings) else { return maximum }
        return first << Int64(doublings)
    }

    /// What all parts together hold, in bytes.
    package var reach: Int64 { Self.reach(first, maximum, parts, step: step) }

    private static func reach(_ first: Int64, _ maximum: Int64, _ parts: Int, step: Int) -> Int64 {
        var total: Int64 = 0
        var left = parts
        var size = first
        while left > 0 {
            let count = size == maximum ? left : Swift.min(step, left)
            let (bytes, overflow) = size.multipliedReportingOverflow(by: Int64(count))
            guard !overflow, total <= .max - bytes else { return .max }
            total += bytes
            left -= count
            size = size > maximum / 2 ? maximum : size * 2
        }
        return total
    }

    package func makeIterator() -> AnyIterator<Int64> {
        var number = 0
        return AnyIterator {
            guard number < parts else { return nil }
            number += 1
            return self[number]
        }
    }
}
