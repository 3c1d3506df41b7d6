package import Credentials
package import FileSystemTypes

/// Version 2, or a signature made after it, in the query: a URL that anyone may use until it expires.
///
/// Source: "Signing and Authenticating REST Requests", query string request authentication, Amazon S3 API Reference.
package struct PresignedV2: Hashable, Sendable {
    package var signature: SignatureV2

    package init(_ signature: SignatureV2) {
        self.signature = signature
    }

    /// `request` with the signature in its query. Whoever uses the URL must send the headers of `request` as they are.
    /// The expiry counts in whole seconds.
    package func presign(_ request: SignableRequest, until expiry: Timestamp, credentials: Credentials) -> Presigned {
        let dialect = signature.dialect
        let seconds = String(expiry.seconds)
        var result = request
        if let token = credentials.sessionToken { result.query.append(.encoding(dialect.tokenName, token)) }
        let text = StringToSignV2(result, date: seconds, dialect: dialect).bytes
        let code = AuthenticationCode.sha1(text, secret: credentials.secretAccessKey)
        result.query += [
            .encoding(dialect.keyParameter, credentials.accessKeyID), .encoding("Expires", seconds), .encoding("Signature", code),
        ]
        return Presigned(request: result, stringToSign: text, signature: code)
    }
}
