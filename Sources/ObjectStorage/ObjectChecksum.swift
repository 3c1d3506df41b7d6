/// A checksum over all bytes of an object that the store has of it.
package struct ObjectChecksum: Hashable, Sendable {
    /// By the end of the header's name.
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case crc32
        case crc32c
        case crc64nvme
        case sha1
        case sha256

        /// In bytes.
        var size: Int {
            switch self {
            case .crc32, .crc32c: 4
            case .crc64nvme: 8
            case .sha1: 20
            case .sha256: 32
            }
        }

        /// Nil for a hash.
        package var cyclicCode: CyclicCode? {
            switch self {
            case .crc32: .crc32
            case .crc32c: .crc32c
            case .crc64nvme: .crc64nvme
            case .sha1, .sha256: nil
            }
        }
    }

    package let algorithm: Algorithm
    /// Most significant first.
    package let bytes: [UInt8]

    /// Nil for bytes that are no such checksum.
    package init?(_ algorithm: Algorithm, _ bytes: [UInt8]) {
        guard bytes.count == algorithm.size else { return nil }
        self.algorithm = algorithm
        self.bytes = bytes
    }
}
