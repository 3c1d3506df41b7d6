/// The file in which s3fs (`~/.passwd-s3fs`, `/etc/passwd-s3fs`) and obsfs (`/etc/passwd-obsfs`) keep keys.
///
/// As with those, the user's own file must be closed to everybody else; that of the system may be read by its group.
/// Source: s3fs(1), "AUTHENTICATION".
package struct PasswordFileProvider: CredentialsProvider {
    private let path: String
    private let bucket: String?
    private let privacy: SmallFile.Privacy

    /// Lines for `bucket` alone win over those for any. A file of the system that cannot be read is passed over.
    package init(path: String, bucket: String? = nil, isOfSystem: Bool = false) {
        self.path = path
        self.bucket = bucket
        privacy = isOfSystem ? .system : .ownerOnly
    }

    package var name: String { path }
    package var watchedFiles: [String] { [path] }

    package func authority() async throws(CredentialsError) -> Authority? {
        guard let text = try await SmallFile.load(path, privacy) else { return nil }
        return try Self.parse(text, bucket: bucket, from: path).map { .keys($0) }
    }

    /// `id:secret` for any bucket, `bucket:id:secret` for one. Nil when there are only lines for other buckets.
    ///
    /// Errors name the line, never what it says.
    package static func parse(_ text: String, bucket: String?, from source: String) throws(CredentialsError) -> Credentials? {
        var found: [String: Credentials] = [:]
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let word = words.first, !word.hasPrefix("#") else { continue }
            let parts = word.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard words.count == 1, parts.count == 2 || parts.count == 3, !parts.contains("") else {
                throw CredentialsError("line \(number + 1) of \(source) is not of the form KEY:SECRET or BUCKET:KEY:SECRET; correct it")
            }
            let keys = try Credentials(from: source, id: parts[parts.count - 2], secret: parts[parts.count - 1])
            guard found.updateValue(keys, forKey: parts.count == 3 ? parts[0] : "") == nil else {
                throw CredentialsError("line \(number + 1) of \(source) repeats what another line says; remove one")
            }
        }
        return bucket.flatMap { found[$0] } ?? found[""]
    }
}
