package import FileSystemTypes

extension Timestamp {
    /// The moment at which `source` says that its keys end: ISO 8601, in UTC or with an offset as Python writes it (`+00:00`).
    package init(expiration text: String, from source: String) throws(CredentialsError) {
        guard let (moment, offset) = Self.splitOffset(text), let parsed = Timestamp(iso8601: moment) else {
            throw CredentialsError("\(source) gives an expiration that is not a date of ISO 8601; correct it there")
        }
        self.init(seconds: parsed.seconds - offset, nanoseconds: parsed.nanoseconds)
    }

    /// The moment without its offset, and the offset in seconds.
    private static func splitOffset(_ text: String) -> (moment: String, offset: Int64)? {
        guard text.utf8.count <= 64, let separator = text.firstIndex(of: "T") else { return nil }
        guard let sign = text[separator...].lastIndex(where: { $0 == "+" || $0 == "-" }) else { return (text, 0) }
        let parts = text[text.index(after: sign)...].split(separator: ":").map { Int64($0) }
        guard parts.count == 2, let hours = parts[0], let minutes = parts[1], (0...23).contains(hours), (0...59).contains(minutes) else { return nil }
        let seconds = hours * 3600 + minutes * 60
        return (String(text[..<sign]), text[sign] == "-" ? -seconds : seconds)
    }
}
