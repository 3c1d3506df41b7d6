/// Why there are no credentials.
package struct CredentialsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line that says what to do. It never contains a secret.
    package let description: String

    package init(_ description: String) {
        self.description = String(description.map { $0.isNewline ? " " : $0 })
    }
}
