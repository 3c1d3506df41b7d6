internal import Crypto
internal import FileSystemTypes
internal import ObjectStorage

extension ObjectChecksum {
    /// Whether it is that of `whole`.
    func holds(for whole: Bytes) -> Bool {
        switch algorithm {
        case .sha1: Self.digest(of: whole, Insecure.SHA1()) == bytes
        case .sha256: Self.digest(of: whole, SHA256()) == bytes
        case .crc32, .crc32c, .crc64nvme:
            algorithm.cyclicCode.map { code in code.bytes(of: whole.pieces.reduce(0) { code.update($0, $1) }) == bytes } ?? true
        }
    }

    /// The digest of `whole` by a hash function that has not begun.
    static func digest(of whole: Bytes, _ function: some HashFunction) -> [UInt8] {
        var hash = function
        for piece in whole.pieces { hash.update(data: piece) }
        return Array(hash.finalize())
    }
}
