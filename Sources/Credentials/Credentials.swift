package import FileSystemTypes

/// The keys with which requests are signed. No description, dump or mirror of it shows the secret.
package struct Credentials: Hashable, Sendable {
    package let accessKeyID: String
    package let secretAccessKey: String
    package let sessionToken: String?
    /// When the store stops accepting them; nil for keys that last.
    package let expiration: Timestamp?

    package init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiration: Timestamp? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "Credentials(\(accessKeyID))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}

/// Why there are no credentials.
package struct CredentialsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line that says what to do.
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// One place where credentials may be found.
package protocol CredentialsProvider: Sendable {
    /// What this place is called in messages, e.g. `environment`.
    var name: String { get }

    /// Nil when nothing is configured in this place; throws when something is, but is not usable.
    func credentials() async throws(CredentialsError) -> Credentials?
}
