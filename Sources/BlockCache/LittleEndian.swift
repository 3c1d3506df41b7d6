/// Numbers as bytes, the lowest first.
enum LittleEndian {
    static func bytes(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    static func word(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Four numbers from 32 bytes.
    static func words(_ bytes: [UInt8]) -> SIMD4<UInt64> {
        SIMD4(word(bytes[0..<8]), word(bytes[8..<16]), word(bytes[16..<24]), word(bytes[24..<32]))
    }
}
