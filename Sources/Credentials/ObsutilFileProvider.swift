/// The settings of Huawei's obsutil: `~/.obsutilconfig`, with `ak`, `sk` and `token`.
///
/// Newer versions encrypt what they write there; only keys in clear text can be used.
package struct ObsutilFileProvider: CredentialsProvider {
    private let path: String

    package init(path: String) {
        self.path = path
    }

    package var name: String { path }
    package var watchedFiles: [String] { [path] }

    package func authority() async throws(CredentialsError) -> Authority? {
        guard let text = try await SmallFile.load(path) else { return nil }
        return try Self.parse(text, from: path).map { .keys($0) }
    }

    /// Nil when no key is set. Sections do not matter.
    package static func parse(_ text: String, from source: String) throws(CredentialsError) -> Credentials? {
        let settings = ProfileFile("[obsutil]\n" + text).sections.values.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
        guard let id = settings["ak"]?.nonEmpty else { return nil }
        guard let secret = settings["sk"]?.nonEmpty else { throw CredentialsError("\(source) has ak but no sk; set both or neither") }
        return try Credentials(from: source, id: id, secret: secret, token: settings["token"])
    }
}
