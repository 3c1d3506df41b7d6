internal import Synchronization

/// Asks providers one after the other, and remembers what the first one with an answer gave.
package final class CredentialsChain: Sendable {
    private let providers: [any CredentialsProvider]
    private let remembered = Mutex<Credentials?>(nil)

    package init(_ providers: [any CredentialsProvider]) {
        self.providers = providers
    }

    /// The places where the AWS tools look too: environment, then `~/.aws`. An explicit `AWS_PROFILE` comes first.
    package static func standard(environment: [String: String]) -> CredentialsChain {
        let profile = SharedProfile(environment: environment)
        let shared = SharedProfileProvider(profile)
        let environment = EnvironmentProvider(environment)
        return CredentialsChain(profile.isExplicit ? [shared, environment] : [environment, shared])
    }

    package func credentials() async throws(CredentialsError) -> Credentials {
        if let known = remembered.withLock({ $0 }) { return known }
        for provider in providers {
            guard let found = try await provider.credentials() else { continue }
            remembered.withLock { $0 = found }
            return found
        }
        throw CredentialsError(
            "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put them into ~/.aws/credentials")
    }

    /// The store refused `credentials`: the next call asks the providers again.
    package func invalidate(_ credentials: Credentials) {
        remembered.withLock { if $0 == credentials { $0 = nil } }
    }
}
