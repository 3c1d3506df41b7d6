internal import CStaging

/// CRC-32C (RFC 3720, B.4), with the processor's instruction where it has one.
enum CRC32C {
    /// The check of some bytes and then `bytes`, given the check of the former (0 for none).
    static func update(_ check: UInt32, _ bytes: RawSpan) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe windlass_crc32c(check, $0.baseAddress, $0.count) }
    }

    static func update(_ check: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
        update(check, unsafe bytes.span.bytes)
    }

    static func check(of bytes: ArraySlice<UInt8>) -> UInt32 {
        update(0, bytes)
    }

    static func check(of bytes: [UInt8]) -> UInt32 {
        update(0, bytes[...])
    }
}
