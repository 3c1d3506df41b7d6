internal import LocalFiles

/// How a segment file begins: 512 bytes, of which 64 are used.
///
///     0 magic | 8 nonce | 16 offset of the table, 0 while blocks are added | 24 entries | 28 check of the table | 60 check of all this
///
/// Every block repeats the nonce. So a block counts only in the file that it was written into, and bytes of an object that look like a block are not
/// taken for one: nobody outside knows the nonce.
struct SegmentHeader: Equatable {
    static let magic: UInt64 = 0x3145_4843_4143_4c57  // "WLCACHE1"
    static let size = 64
    /// Where the first block begins.
    static let space: Int64 = 512

    let nonce: UInt64
    var tableOffset: UInt64 = 0
    var tableCount: UInt32 = 0
    var tableCheck: UInt32 = 0

    init(nonce: UInt64) {
        self.nonce = nonce
    }

    /// Nil when this is no header, or a damaged one.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= Self.size, LittleEndian.long(bytes, 0) == Self.magic else { return nil }
        guard LittleEndian.short(bytes, 60) == CRC32C.check(of: bytes.prefix(60)) else { return nil }
        nonce = LittleEndian.long(bytes, 8)
        tableOffset = LittleEndian.long(bytes, 16)
        tableCount = LittleEndian.short(bytes, 24)
        tableCheck = LittleEndian.short(bytes, 28)
    }

    var isSealed: Bool { tableOffset != 0 }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        LittleEndian.append(Self.magic, to: &bytes)
        LittleEndian.append(nonce, to: &bytes)
        LittleEndian.append(tableOffset, to: &bytes)
        LittleEndian.append(tableCount, to: &bytes)
        LittleEndian.append(tableCheck, to: &bytes)
        bytes.append(contentsOf: [UInt8](repeating: 0, count: 60 - bytes.count))
        LittleEndian.append(CRC32C.check(of: bytes[...]), to: &bytes)
        return bytes
    }
}

/// Where a block lies in its file, as the table at the file's end tells: a hint, since the block tells itself what it is.
struct TableEntry: Equatable {
    static let size = 16

    let fingerprint: UInt64
    /// In units of `BlockHeader.unit`.
    let place: UInt32
    let length: UInt32

    init(fingerprint: UInt64, place: UInt32, length: UInt32) {
        self.fingerprint = fingerprint
        self.place = place
        self.length = length
    }

    static func encode(_ entries: [TableEntry]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * size)
        for entry in entries {
            LittleEndian.append(entry.fingerprint, to: &bytes)
            LittleEndian.append(entry.place, to: &bytes)
            LittleEndian.append(entry.length, to: &bytes)
        }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) -> [TableEntry] {
        stride(from: 0, to: bytes.count - bytes.count % size, by: size).map { start in
            TableEntry(
                fingerprint: LittleEndian.long(bytes[...], start), place: LittleEndian.short(bytes[...], start + 8),
                length: LittleEndian.short(bytes[...], start + 12))
        }
    }
}
