/// Bytes of a known length that can be read from any offset, more than once.
///
/// The body of a request: a retry or a redirect starts again from the beginning, so a source never forgets what it gave.
package protocol ByteSource: Sendable {
    /// In bytes.
    var count: Int64 { get }

    /// At least one and at most `maximum` bytes from `offset` on, which is below `count`.
    ///
    /// Throws what kept the bytes from being read; a source that has become shorter than `count` throws `Errno.inputOutput`.
    func read(at offset: Int64, upTo maximum: Int) async throws(Errno) -> Bytes
}

/// A source whose bytes are in memory already.
package struct BytesSource: ByteSource {
    private let bytes: Bytes

    package init(_ bytes: Bytes) {
        self.bytes = bytes
    }

    package var count: Int64 { Int64(bytes.count) }

    package func read(at offset: Int64, upTo maximum: Int) async throws(Errno) -> Bytes {
        bytes.slice(from: Int(offset), upTo: maximum)
    }
}

/// What bytes of a source are read for.
package enum ByteReading {
    /// True while a digest is taken of them, which is before they are sent.
    @TaskLocal package static var isForDigest = false
}
