/// Cuts what arrives into lines, none longer than a limit.
struct LineBuffer: Sendable {
    private var bytes: [UInt8] = []
    private let limit: Int

    /// `limit` in bytes, without the newline.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ new: some Sequence<UInt8>) {
        bytes.append(contentsOf: new)
    }

    /// The next line; nil until it is complete. Fails with `malformed` for one that is too long.
    mutating func next() throws(ControlError) -> [UInt8]? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
            guard bytes.count <= limit else { throw tooLong }
            return nil
        }
        guard end <= limit else { throw tooLong }
        defer { bytes.removeFirst(end + 1) }
        return Array(bytes[..<end])
    }

    private var tooLong: ControlError {
        ControlError(.malformed, "a line is longer than \(limit) bytes")
    }
}
