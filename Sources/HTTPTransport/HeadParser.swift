/// Collects the header lines of an answer; interim answers (1xx) and headers of a proxy's CONNECT are passed over.
struct HeadParser {
    private(set) var head: Transfer.Head?
    private var collecting: Transfer.Head?

    /// The announced length of the body, where there is one.
    var contentLength: Int? {
        head?.headers["content-length"].flatMap { Int($0) }
    }

    /// Takes one line with its line end; true when it ended the head of the final answer.
    mutating func take(_ raw: UnsafeRawBufferPointer) -> Bool {
        let line = unsafe Self.text(raw)
        if line.hasPrefix("HTTP/") {
            head = nil
            collecting = Self.status(line).map { Transfer.Head(status: $0, headers: HTTPHeaders()) }
            return false
        }
        if line.isEmpty { return finish() }
        if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            collecting?.headers.append(String(line[..<colon]), String(value))
        }
        return false
    }

    private mutating func finish() -> Bool {
        guard let collected = collecting, collected.status >= 200 else { return false }
        collecting = nil
        head = collected
        return true
    }

    private static func text(_ raw: UnsafeRawBufferPointer) -> Substring {
        var line = unsafe Substring(String(decoding: raw, as: UTF8.self))
        while let last = line.unicodeScalars.last, last == "\r" || last == "\n" || last == " " { line.unicodeScalars.removeLast() }
        return line
    }

    /// The number of `HTTP/1.1 200 OK`.
    private static func status(_ line: Substring) -> Int? {
        let words = line.split(separator: " ", maxSplits: 2)
        return words.count >= 2 ? Int(words[1]) : nil
    }
}
