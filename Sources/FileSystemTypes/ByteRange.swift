/// A half-open range of bytes in a file or an object.
package struct ByteRange: Hashable, Sendable {
    package let offset: Int64
    package let count: Int64

    package init(offset: Int64, count: Int64) {
        precondition(offset >= 0 && count >= 0, "a byte range is never negative")
        self.offset = offset
        self.count = count
    }

    /// The offset after the last byte.
    package var end: Int64 { offset + count }

    package var isEmpty: Bool { count == 0 }

    /// The part of this range that lies before `size`.
    package func clamped(toSize size: Int64) -> ByteRange {
        let start = min(offset, size)
        return ByteRange(offset: start, count: min(end, size) - start)
    }
}
