internal import FileSystemTypes
internal import LocalFiles

/// Finds the blocks of a file: from its table, or, where that is missing or damaged, from one block's header to the next.
struct SegmentScan {
    let file: SegmentFile
    let header: SegmentHeader
    /// The file's, in bytes.
    let size: Int64

    /// Nil when the file does not begin with a header.
    init?(_ file: SegmentFile) throws(Errno) {
        guard let header = SegmentHeader(try file.read(at: 0, count: SegmentHeader.size)[...]) else { return nil }
        self.file = file
        self.header = header
        size = try file.status().size
    }

    func entries() throws(Errno) -> [TableEntry] {
        if header.isSealed, let table = try table() { return table }
        return try walk().entries
    }

    private func table() throws(Errno) -> [TableEntry]? {
        let length = Int64(header.tableCount) * Int64(TableEntry.size)
        guard let offset = Int64(exactly: header.tableOffset), length <= size, offset <= size - length else { return nil }
        let bytes = try file.read(at: offset, count: Int(length))
        guard bytes.count == Int(length), CRC32C.check(of: bytes[...]) == header.tableCheck else { return nil }
        return TableEntry.decode(bytes)
    }

    /// The blocks up to the first place where none begins, and where that is.
    func walk() throws(Errno) -> (entries: [TableEntry], end: Int64) {
        var entries: [TableEntry] = []
        var offset = SegmentHeader.space
        while offset + Int64(BlockHeader.size) <= size {
            let bytes = try file.read(at: offset, count: BlockHeader.size)
            guard let block = BlockHeader(bytes[...], nonce: header.nonce), offset + Int64(BlockHeader.size + block.length) <= size else { break }
            entries.append(
                TableEntry(fingerprint: block.fingerprint, place: UInt32(offset / BlockHeader.unit), length: UInt32(block.length)))
            offset += BlockHeader.space(for: block.length)
        }
        return (entries, offset)
    }

    /// Writes the table of a file that its writer has left, which must be locked. Readers of its blocks are not disturbed.
    func seal(_ entries: [TableEntry], end: Int64) throws(Errno) {
        try Self.seal(file, header, entries, end: end)
    }

    /// The header last: until it is there the file counts as one without a table.
    static func seal(_ file: SegmentFile, _ header: SegmentHeader, _ entries: [TableEntry], end: Int64) throws(Errno) {
        let table = TableEntry.encode(entries)
        try file.write(table, at: end)
        try file.truncate(to: end + Int64(table.count))
        var sealed = header
        sealed.tableOffset = UInt64(end)
        sealed.tableCount = UInt32(entries.count)
        sealed.tableCheck = CRC32C.check(of: table[...])
        try file.write(sealed.encoded, at: 0)
    }
}
