package import Credentials

/// The fields that prove a browser form: its policy, a JSON document that lists what the form may contain, and the signature of that.
///
/// The document must itself cover every field that is added here except the key's id, the policy and the signature.
/// Source: "Browser-Based Uploads Using POST", Amazon S3 API Reference; "POST Upload", Huawei OBS API Reference.
package struct PostPolicy: Hashable, Sendable {
    package let document: String

    package init(_ document: String) {
        self.document = document
    }

    /// As the form carries it.
    package var encoded: String { AuthenticationCode.base64(document) }

    /// Signed with Version 2 or a relative: the names of the fields follow its dialect.
    package func fields(signedWith signature: SignatureV2, credentials: Credentials) -> [HeaderField] {
        let dialect = signature.dialect
        let code = AuthenticationCode.sha1(Array(encoded.utf8), secret: credentials.secretAccessKey)
        let fields = [
            HeaderField(dialect.keyParameter, credentials.accessKeyID), HeaderField("policy", encoded), HeaderField("signature", code),
        ]
        return fields + (credentials.sessionToken.map { [HeaderField(dialect.tokenName, $0)] } ?? [])
    }

    /// Signed with Version 4; the document must have `credential(_:date:credentials:)` among its conditions.
    package func fields(signedWith signature: SignatureV4, date: SigningDate, credentials: Credentials) -> [HeaderField] {
        let key = signature.key(credentials, date)
        let fields = [
            HeaderField("x-amz-algorithm", SigningKeyV4.algorithm),
            HeaderField("x-amz-credential", Self.credential(signature, date: date, credentials: credentials)),
            HeaderField("x-amz-date", date.basic), HeaderField("policy", encoded), HeaderField("x-amz-signature", key.signature(of: encoded)),
        ]
        return fields + (credentials.sessionToken.map { [HeaderField("x-amz-security-token", $0)] } ?? [])
    }

    /// The value of `x-amz-credential`.
    package static func credential(_ signature: SignatureV4, date: SigningDate, credentials: Credentials) -> String {
        "\(credentials.accessKeyID)/\(signature.key(credentials, date).scope)"
    }
}
