/// Numbers as bytes, the lowest first.
enum LittleEndian {
    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
    }

    static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
    }

    /// The eight bytes from `offset` on, counted from the beginning of `bytes`.
    static func long(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt64 {
        UInt64(short(bytes, offset)) | UInt64(short(bytes, offset + 4)) << 32
    }

    static func short(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt32 {
        let start = bytes.startIndex + offset
        return UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16 | UInt32(bytes[start + 3]) << 24
    }

    /// Four numbers from the 32 bytes from `offset` on.
    static func words(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> SIMD4<UInt64> {
        SIMD4(long(bytes, offset), long(bytes, offset + 8), long(bytes, offset + 16), long(bytes, offset + 24))
    }
}
