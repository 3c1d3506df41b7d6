internal import LocalFiles

/// The checks of a staging file's bytes, one CRC-32C for each block of `blockSize`; that of the last block covers its filled part.
///
/// The journal keeps them in chunks of `chunkBlocks`: a chunk that has not changed since is not written again.
struct BlockChecksums: Sendable, Equatable {
    static let blockSize = 16 << 10
    static let chunkBlocks = 1024

    /// How many bytes the blocks cover.
    private(set) var length: Int64 = 0
    private(set) var sums: [UInt32] = []
    /// Chunks that differ from what the journal has.
    private(set) var changedChunks: Set<Int> = []

    init() {}

    /// What the journal recorded of a file of `length` bytes. Nil when the number of checks does not fit.
    init?(length: Int64, sums: [UInt32]) {
        guard length >= 0, sums.count == Self.blocks(in: length) else { return nil }
        self.length = length
        self.sums = sums
    }

    /// The number of blocks that `length` bytes take.
    static func blocks(in length: Int64) -> Int {
        Int((length + Int64(blockSize) - 1) / Int64(blockSize))
    }

    /// The bytes that block `index` covers.
    func extent(of index: Int) -> Range<Int64> {
        let start = Int64(index) * Int64(Self.blockSize)
        return start..<min(start + Int64(Self.blockSize), length)
    }

    /// Covers further bytes at the end.
    mutating func append(_ bytes: RawSpan) {
        var rest = bytes
        while rest.byteCount > 0 {
            let filled = Int(length % Int64(Self.blockSize))
            let piece = rest.extracting(first: Self.blockSize - filled)
            if filled == 0 { sums.append(0) }
            sums[sums.count - 1] = CRC32C.update(sums[sums.count - 1], piece)
            changedChunks.insert((sums.count - 1) / Self.chunkBlocks)
            length += Int64(piece.byteCount)
            rest = rest.extracting(droppingFirst: piece.byteCount)
        }
    }

    mutating func replace(_ index: Int, with sum: UInt32) {
        sums[index] = sum
        changedChunks.insert(index / Self.chunkBlocks)
    }

    /// The chunks that the journal lacks, or all of them.
    func chunks(all: Bool) -> [Int: [UInt32]] {
        var result: [Int: [UInt32]] = [:]
        let count = (sums.count + Self.chunkBlocks - 1) / Self.chunkBlocks
        for chunk in all ? Set(0..<count) : changedChunks {
            let start = chunk * Self.chunkBlocks
            result[chunk] = Array(sums[start..<min(start + Self.chunkBlocks, sums.count)])
        }
        return result
    }

    /// The journal has `chunks` now; those that have changed again since stay on the list.
    mutating func recorded(_ chunks: [Int: [UInt32]]) {
        let now = self.chunks(all: false)
        for (index, sums) in chunks where now[index] == sums { changedChunks.remove(index) }
    }
}
