package import FileSystemTypes

/// The bytes of an answer. One reader, front to back; letting go of it before the end closes the connection.
package final class ResponseBody: Sendable {
    private let transfer: Transfer

    init(_ transfer: Transfer) {
        self.transfer = transfer
    }

    deinit {
        transfer.cancel()
    }

    /// The next bytes, never empty; nil after the last. Throws when the connection breaks before the announced end.
    package func next() async throws(TransportError) -> Bytes? {
        try await transfer.nextChunk()
    }

    /// All remaining bytes; longer than `limit` is an error.
    package func collect(limit: Int) async throws(TransportError) -> Bytes {
        var bytes = Bytes()
        while let more = try await next() {
            bytes.append(more)
            if bytes.count > limit { throw TransportError(.answerTooLong, "the answer is longer than \(limit) bytes") }
        }
        return bytes
    }

    package func cancel() {
        transfer.cancel()
    }
}
