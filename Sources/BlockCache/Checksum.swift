internal import CStaging

/// CRC-32C (RFC 3720, B.4).
enum Checksum {
    static func of(_ bytes: ArraySlice<UInt8>, after check: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe windlass_crc32c(check, $0.baseAddress, $0.count) }
    }
}
