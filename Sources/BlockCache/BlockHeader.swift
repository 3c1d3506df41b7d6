internal import LocalFiles

/// What stands before a block's bytes on the disk: 64 bytes.
///
///     0 magic | 4 length | 8 the file's nonce | 16 digest of the object | 48 index | 56 check of the bytes | 60 check of all this
struct BlockHeader: Equatable {
    static let magic: UInt32 = 0x314b_4c42  // "BLK1"
    static let size = 64
    /// Blocks begin at multiples of this.
    static let unit: Int64 = 512

    let digest: SIMD4<UInt64>
    let index: Int64
    let length: Int
    let check: UInt32

    init(_ id: BlockID, check: UInt32) {
        digest = id.object.digest
        index = id.index
        length = id.length
        self.check = check
    }

    /// Nil when this is no header of a block of the file with that nonce, or a damaged one.
    init?(_ bytes: ArraySlice<UInt8>, nonce: UInt64) {
        guard bytes.count >= Self.size, LittleEndian.short(bytes, 0) == Self.magic, LittleEndian.long(bytes, 8) == nonce else { return nil }
        guard LittleEndian.short(bytes, 60) == CRC32C.check(of: bytes.prefix(60)) else { return nil }
        length = Int(LittleEndian.short(bytes, 4))
        guard length > 0, length <= Int(BlockCache.blockSize) else { return nil }
        digest = LittleEndian.words(bytes, 16)
        index = Int64(bitPattern: LittleEndian.long(bytes, 48))
        check = LittleEndian.short(bytes, 56)
    }

    func encoded(nonce: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.size)
        LittleEndian.append(Self.magic, to: &bytes)
        LittleEndian.append(UInt32(length), to: &bytes)
        LittleEndian.append(nonce, to: &bytes)
        for lane in 0..<4 { LittleEndian.append(digest[lane], to: &bytes) }
        LittleEndian.append(UInt64(bitPattern: index), to: &bytes)
        LittleEndian.append(check, to: &bytes)
        LittleEndian.append(CRC32C.check(of: bytes[...]), to: &bytes)
        return bytes
    }

    func isOf(_ id: BlockID) -> Bool {
        digest == id.object.digest && index == id.index && length == id.length
    }

    var fingerprint: UInt64 { BlockID.fingerprint(digest, index) }

    /// How many bytes header and block take on the disk.
    static func space(for length: Int) -> Int64 {
        (Int64(size + length) + unit - 1) / unit * unit
    }
}
