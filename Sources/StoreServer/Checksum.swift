package import Crypto
package import ObjectStorage

/// The additional checksums that a client may send with a body and ask for later.
package enum ChecksumAlgorithm: String, CaseIterable, Sendable {
    case crc32 = "CRC32"
    case crc32c = "CRC32C"
    case crc64nvme = "CRC64NVME"
    /// OBS's; its text is decimal.
    case crc64ecma = "CRC64ECMA"
    case sha1 = "SHA1"
    case sha256 = "SHA256"

    /// After the dialect's prefix.
    var headerName: String { "checksum-\(rawValue.lowercased())" }
    /// In XML.
    var elementName: String { "Checksum\(rawValue)" }

    /// In bytes.
    var size: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64nvme, .crc64ecma: 8
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// Nil for a text that is no such checksum.
    func bytes(of text: String) -> [UInt8]? {
        if self == .crc64ecma { return UInt64(text).map { CyclicCode.crc64ecma.bytes(of: $0) } }
        guard let bytes = Base64.decode(text), bytes.count == size else { return nil }
        return bytes
    }

    var cyclicCode: CyclicCode? {
        switch self {
        case .crc32: .crc32
        case .crc32c: .crc32c
        case .crc64nvme: .crc64nvme
        case .crc64ecma: .crc64ecma
        case .sha1, .sha256: nil
        }
    }
}

/// A checksum that is kept with an object or a part.
package struct Checksum: Hashable, Sendable {
    package var algorithm: ChecksumAlgorithm
    package var bytes: [UInt8]
    /// For a composite one (a checksum of the parts' checksums) the number of parts.
    package var parts: Int?

    /// As headers and XML carry it.
    var text: String {
        if algorithm == .crc64ecma { return String(CyclicCode.crc64ecma.value(of: bytes)) }
        return Base64.encode(bytes) + (parts.map { "-\($0)" } ?? "")
    }

    var typeText: String { parts == nil ? "FULL_OBJECT" : "COMPOSITE" }
}

/// One checksum in the making.
package enum RunningChecksum {
    case cyclic(ChecksumAlgorithm, CyclicCode, UInt64)
    case sha1(Insecure.SHA1)
    case sha256(SHA256)

    package init(_ algorithm: ChecksumAlgorithm) {
        if let code = algorithm.cyclicCode {
            self = .cyclic(algorithm, code, 0)
        } else {
            self = algorithm == .sha1 ? .sha1(Insecure.SHA1()) : .sha256(SHA256())
        }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .cyclic(let algorithm, let code, let check):
            self = unsafe .cyclic(algorithm, code, code.update(check, bytes))
        case .sha1(var hash):
            unsafe hash.update(bufferPointer: bytes)
            self = .sha1(hash)
        case .sha256(var hash):
            unsafe hash.update(bufferPointer: bytes)
            self = .sha256(hash)
        }
    }

    package func finish() -> Checksum {
        switch self {
        case .cyclic(let algorithm, let code, let check): Checksum(algorithm: algorithm, bytes: code.bytes(of: check))
        case .sha1(let hash): Checksum(algorithm: .sha1, bytes: Array(hash.finalize()))
        case .sha256(let hash): Checksum(algorithm: .sha256, bytes: Array(hash.finalize()))
        }
    }

    /// The composite checksum of parts.
    static func composite(of parts: [Checksum], _ algorithm: ChecksumAlgorithm) -> Checksum {
        var running = RunningChecksum(algorithm)
        for part in parts { unsafe part.bytes.withUnsafeBytes { unsafe running.update($0) } }
        var result = running.finish()
        result.parts = parts.count
        return result
    }

    /// The checksum of the whole object from those of its parts; nil for algorithms that cannot be combined.
    static func full(of parts: [(checksum: Checksum, size: Int64)], _ algorithm: ChecksumAlgorithm) -> Checksum? {
        guard let code = algorithm.cyclicCode else { return nil }
        var check: UInt64 = 0
        for part in parts { check = code.combine(check, code.value(of: part.checksum.bytes), secondCount: part.size) }
        return Checksum(algorithm: algorithm, bytes: code.bytes(of: check))
    }
}
