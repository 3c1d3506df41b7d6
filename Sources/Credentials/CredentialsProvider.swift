/// One place where credentials may be found.
package protocol CredentialsProvider: Sendable {
    /// What this place is called in messages, e.g. `environment`.
    var name: String { get }

    /// The local files whose change means that this place is to be asked again.
    var watchedFiles: [String] { get }

    /// How long before their end the keys from here are renewed.
    var window: RefreshWindow { get }

    /// Nil when nothing is configured in this place; throws when something is, but is not usable.
    ///
    /// Ends by its own deadlines, and keeps no lock and no thread of the cooperative pool meanwhile.
    func authority() async throws(CredentialsError) -> Authority?
}

extension CredentialsProvider {
    package var watchedFiles: [String] { [] }
    package var window: RefreshWindow { .aws }

    /// The keys of this place, for callers that cannot use a bearer token.
    package func credentials() async throws(CredentialsError) -> Credentials? {
        try await authority()?.keys(from: name)
    }
}
