internal import CLocalFiles

/// CRC-32C (RFC 3720, B.4), with the processor's instruction where it has one.
package enum CRC32C {
    /// The check of some bytes and then `bytes`, given the check of the former (0 for none).
    package static func update(_ check: UInt32, _ bytes: RawSpan) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe windlass_crc32c(check, $0.baseAddress, $0.count) }
    }

    package static func update(_ check: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
        update(check, unsafe bytes.span.bytes)
    }

    package static func check(of bytes: ArraySlice<UInt8>) -> UInt32 {
        update(0, bytes)
    }

    package static func check(of bytes: [UInt8]) -> UInt32 {
        update(0, bytes[...])
    }

    /// As `check`, without the instruction: for a test that compares the two.
    package static func portableCheck(of bytes: [UInt8]) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe windlass_crc32c_portable(0, $0.baseAddress, $0.count) }
    }
}
