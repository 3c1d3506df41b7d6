package import Credentials

/// Version 4 in the query: a URL that anyone may use until it expires.
///
/// Source: "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)", Amazon S3 API Reference.
package struct PresignedV4: Hashable, Sendable {
    package var signature: SignatureV4

    /// Amazon's limit, in seconds: seven days. IBM has none.
    package static let longestLifetimeSeconds = 604_800

    package init(_ signature: SignatureV4) {
        self.signature = signature
    }

    /// `request` with the signature in its query. Whoever uses the URL must send the headers of `request` as they are.
    package func presign(
        _ request: SignableRequest, lifetimeSeconds: Int, date: SigningDate, credentials: Credentials
    ) -> Presigned {
        let key = signature.key(credentials, date)
        var result = request
        let names = CanonicalRequest(request, payload: "", covering: signature.dialect.selection).signedHeaders
        result.query += [
            .encoding("X-Amz-Algorithm", SigningKeyV4.algorithm), .encoding("X-Amz-Credential", "\(credentials.accessKeyID)/\(key.scope)"),
            .encoding("X-Amz-Date", date.basic), .encoding("X-Amz-Expires", String(lifetimeSeconds)), .encoding("X-Amz-SignedHeaders", names),
        ]
        if let token = credentials.sessionToken { result.query.append(.encoding(signature.dialect.tokenParameter, token)) }
        let canonical = CanonicalRequest(result, payload: SignatureV4.Payload.unsigned.text, covering: signature.dialect.selection)
        let text = SignatureV4.stringToSign(canonical.text, scope: key.scope, date: date)
        let code = key.signature(of: text)
        result.query.append(QueryItem("X-Amz-Signature", code))
        return Presigned(request: result, stringToSign: Array(text.utf8), signature: code)
    }
}

/// A request that carries its signature in its query.
package struct Presigned: Sendable {
    package let request: SignableRequest
    package let stringToSign: [UInt8]
    package let signature: String

    /// `scheme` is `http` or `https`.
    package func url(scheme: String) -> String {
        "\(scheme)://\(request.host)\(request.target)"
    }
}
