import FileSystemTypes

/// Holes by blocks of 4 KiB: what is cut through is data.
extension MemoryNode {
    static let blockSize = 4096

    mutating func fill(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        holes.subtract(range.lowerBound / Self.blockSize...(range.upperBound - 1) / Self.blockSize)
        count()
    }

    /// Zeros in `range`, holes where it covers whole blocks.
    mutating func punch(_ range: Range<Int>) {
        let range = range.clamped(to: 0..<content.count)
        for index in range { content[index] = 0 }
        holes.formUnion(wholeBlocks(in: range))
        count()
    }

    /// A file that grows does so by a hole.
    mutating func keepHoles(from size: Int, to newSize: Int) {
        if size < newSize { holes.formUnion(wholeBlocks(in: size..<newSize)) }
        holes = holes.filter { $0 * Self.blockSize < newSize }
        count()
    }

    /// The next offset from `offset` on that is in a hole, or in data; the end of the file is a hole.
    func next(_ target: SeekTarget, from offset: Int) throws(Errno) -> Int {
        guard offset < content.count else { throw .noSuchAddress }
        var offset = offset
        while offset < content.count, holes.contains(offset / Self.blockSize) != (target == .hole) {
            offset = (offset / Self.blockSize + 1) * Self.blockSize
        }
        if target == .data, offset >= content.count { throw .noSuchAddress }
        return min(offset, content.count)
    }

    /// The last block of a file counts as whole.
    private func wholeBlocks(in range: Range<Int>) -> Range<Int> {
        let first = (range.lowerBound + Self.blockSize - 1) / Self.blockSize
        let end = range.upperBound == content.count ? (range.upperBound + Self.blockSize - 1) / Self.blockSize : range.upperBound / Self.blockSize
        return first..<max(first, end)
    }

    private mutating func count() {
        let blocks = (content.count + Self.blockSize - 1) / Self.blockSize
        attributes.allocatedSize = Int64((blocks - holes.count) * Self.blockSize)
    }
}
