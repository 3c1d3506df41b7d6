extension ChunkedEncoding {
    /// How many bytes a body of `byteCount` takes in chunks of `chunkSize` (the last may be shorter), in advance: its `Content-Length`.
    ///
    /// A trailer's values count by their length only, so a checksum that is not known yet may be a text of the same length.
    package static func encodedLength(of byteCount: Int, chunkSize: Int, isSigned: Bool, trailer: [HeaderField] = []) -> Int {
        precondition(byteCount >= 0 && chunkSize > 0, "sizes out of range")
        let (full, rest) = byteCount.quotientAndRemainder(dividingBy: chunkSize)
        let chunks = full * framedLength(chunkSize, isSigned) + (rest > 0 ? framedLength(rest, isSigned) : 0)
        let fields = trailer.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 3 }
        let proof = isSigned && !trailer.isEmpty ? "x-amz-trailer-signature:\r\n".utf8.count + signatureLength : 0
        return chunks + sizeLineLength(0, isSigned) + fields + proof + 2
    }

    private static let signatureLength = 64

    private static func framedLength(_ size: Int, _ isSigned: Bool) -> Int {
        sizeLineLength(size, isSigned) + size + 2
    }

    private static func sizeLineLength(_ size: Int, _ isSigned: Bool) -> Int {
        String(size, radix: 16).utf8.count + (isSigned ? ";chunk-signature=".utf8.count + signatureLength : 0) + 2
    }
}
