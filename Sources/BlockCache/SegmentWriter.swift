internal import FileSystemTypes

/// Adds blocks to a new file, which its process holds locked until the file is complete. For one thread.
///
/// Nothing is synced: a block that a crash or a power cut has torn is found by its check, and a file without a table is read block by block.
struct SegmentWriter {
    let name: SegmentName
    let number: UInt32
    let segment: OpenSegment
    /// The most that the file may have, in bytes.
    private let limit: Int64
    private var entries: [TableEntry] = []
    /// Added and not yet written.
    private var buffer: [UInt8] = []
    private var written = SegmentHeader.space
    private var started: Int64 = 0

    /// So much is written with one call.
    static let bufferSize = 1 << 20
    private static let startEvery: Int64 = 8 << 20

    /// Writes the header of a new file, and takes all its space in advance so that others who share the disk see it.
    init(_ file: SegmentFile, name: SegmentName, number: UInt32, nonce: UInt64, limit: Int64) throws(Errno) {
        try file.allocate(limit)
        try file.write(SegmentHeader(nonce: nonce).encoded, at: 0)
        self.name = name
        self.number = number
        self.limit = limit
        segment = OpenSegment(file, nonce: nonce)
        buffer.reserveCapacity(Self.bufferSize + Int(BlockCache.blockSize))
    }

    private var end: Int64 { written + Int64(buffer.count) }

    var isFull: Bool { buffer.count >= Self.bufferSize }

    /// Whether a block of `length` bytes, and its line in the table, have room.
    func fits(_ length: Int) -> Bool {
        end + BlockHeader.space(for: length) + Int64((entries.count + 1) * TableEntry.size) <= limit
    }

    /// Puts the block behind the others. It is in the file after `flush`.
    mutating func add(_ header: BlockHeader, _ bytes: Bytes) -> BlockIndex.Place {
        let place = UInt32(end / BlockHeader.unit)
        let fingerprint = header.fingerprint
        entries.append(TableEntry(fingerprint: fingerprint, place: place, length: UInt32(header.length)))
        let next = buffer.count + Int(BlockHeader.space(for: header.length))
        buffer.append(contentsOf: header.encoded(nonce: segment.nonce))
        for piece in bytes.pieces { buffer.append(contentsOf: piece) }
        buffer.append(contentsOf: repeatElement(0, count: next - buffer.count))
        return BlockIndex.Place(segment: number, offset: place)
    }

    mutating func flush() throws(Errno) {
        guard !buffer.isEmpty else { return }
        try segment.file.write(buffer, at: written)
        written += Int64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
        guard written - started >= Self.startEvery else { return }
        segment.file.startWriting(started..<written)
        started = written
    }

    /// Completes the file: nothing is added any more, and other processes may read it. What was not flushed is left out. Where the disk
    /// refuses that, the next who looks at the file completes it.
    consuming func finish() {
        let complete = entries.prefix { Int64($0.place) * BlockHeader.unit < written }
        try? SegmentScan.seal(segment.file, SegmentHeader(nonce: segment.nonce), Array(complete), end: written)
        segment.file.unlock()
    }

    var isEmpty: Bool { entries.isEmpty }
    /// Bytes of the file that hold blocks.
    var length: Int64 { written }
}
