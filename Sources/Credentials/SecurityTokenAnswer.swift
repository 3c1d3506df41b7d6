internal import FileSystemTypes

/// The answer of a security token service (STS): the four elements below `Credentials`.
///
/// Source: "AssumeRoleWithWebIdentity", AWS STS API Reference.
package enum SecurityTokenAnswer {
    package static func parse(_ document: [UInt8], from source: String) throws(CredentialsError) -> Credentials {
        guard let elements = ElementTexts(document) else {
            throw CredentialsError("\(source) gave something else than the XML expected; see what answers at its address")
        }
        func text(_ name: String) throws(CredentialsError) -> String {
            guard let text = elements.texts[.init(parent: "Credentials", name: name)]?.nonEmpty else {
                throw CredentialsError("\(source) gave XML without \(name); see what answers at its address")
            }
            return text
        }
        return try Credentials(
            from: source, id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: text("SessionToken"),
            expiration: Timestamp(expiration: text("Expiration"), from: source))
    }

    /// The code of `<ErrorResponse><Error><Code>`, for messages.
    static func errorCode(_ document: [UInt8]) -> String {
        JSONAnswer.code(ElementTexts(document)?.texts[.init(parent: "Error", name: "Code")])
    }
}
