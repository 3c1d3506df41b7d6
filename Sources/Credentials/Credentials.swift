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

extension Credentials {
    /// The keys that `source` gave, or why they cannot be put into a header: a stray line end or blank is the usual reason.
    init(
        from source: String, id: String, secret: String, token: String? = nil, expiration: Timestamp? = nil
    ) throws(CredentialsError) {
        let token = token.flatMap { $0.isEmpty ? nil : $0 }
        guard id.isHeaderText, secret.isHeaderText, token?.isHeaderText != false else {
            throw CredentialsError("the keys of \(source) are empty or contain blanks or control characters; copy them again")
        }
        self.init(accessKeyID: id, secretAccessKey: secret, sessionToken: token, expiration: expiration)
    }
}

extension String {
    /// Whether this is visible ASCII throughout, so that it can stand in a header and cannot begin another one.
    var isHeaderText: Bool {
        !isEmpty && utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }

    /// Nil for the empty text: a variable set to it counts as not set, as in the AWS tools.
    var nonEmpty: String? { isEmpty ? nil : self }
}
