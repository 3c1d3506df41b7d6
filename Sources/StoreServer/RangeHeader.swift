package import FileSystemTypes

/// The value of a Range header with one range (RFC 9110, 14.1.2).
package enum RangeHeader: Hashable, Sendable {
    /// `bytes=2-5`
    case closed(first: Int64, last: Int64)
    /// `bytes=2-`
    case open(first: Int64)
    /// `bytes=-5`
    case suffix(count: Int64)

    /// Nil for anything else, which is then no range: several ranges, other units, nonsense.
    package init?(_ text: String) {
        guard text.hasPrefix("bytes=") else { return nil }
        let sides = text.dropFirst(6).trimmed.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, sides.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }) else { return nil }
        switch (Int64(sides[0]), Int64(sides[1])) {
        case (let first?, let last?) where first <= last: self = .closed(first: first, last: last)
        case (let first?, nil) where sides[1].isEmpty: self = .open(first: first)
        case (nil, let count?) where sides[0].isEmpty: self = .suffix(count: count)
        default: return nil
        }
    }

    /// The bytes of an object of `size` bytes, nil where none of them are asked for.
    package func resolve(size: Int64) -> ByteRange? {
        switch self {
        case .closed(let first, let last):
            first < size ? ByteRange(offset: first, count: min(last, size - 1) - first + 1) : nil
        case .open(let first):
            first < size ? ByteRange(offset: first, count: size - first) : nil
        case .suffix(let count):
            count > 0 && size > 0 ? ByteRange(offset: max(0, size - count), count: min(count, size)) : nil
        }
    }
}
