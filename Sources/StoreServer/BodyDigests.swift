import Crypto

/// The hashes that are taken of a body while it arrives.
package struct BodyDigests {
    private var md5 = Insecure.MD5()
    private var sha256: SHA256?
    private var checksums: [RunningChecksum]
    package private(set) var count: Int64 = 0

    package init(sha256: Bool, checksums: [ChecksumAlgorithm]) {
        self.sha256 = sha256 ? SHA256() : nil
        self.checksums = checksums.map { RunningChecksum($0) }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        unsafe md5.update(bufferPointer: bytes)
        unsafe sha256?.update(bufferPointer: bytes)
        for index in checksums.indices { unsafe checksums[index].update(bytes) }
        count += Int64(bytes.count)
    }

    package func finish() -> BodySummary {
        BodySummary(
            count: count, md5: Array(md5.finalize()), sha256: sha256.map { Array($0.finalize()) }, checksums: checksums.map { $0.finish() })
    }
}

/// What is known of a body when it has arrived.
package struct BodySummary: Hashable, Sendable {
    package var count: Int64
    package var md5: [UInt8]
    package var sha256: [UInt8]?
    package var checksums: [Checksum]

    package init(count: Int64, md5: [UInt8], sha256: [UInt8]?, checksums: [Checksum]) {
        self.count = count
        self.md5 = md5
        self.sha256 = sha256
        self.checksums = checksums
    }
}
