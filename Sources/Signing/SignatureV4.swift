package import Credentials
internal import Crypto

/// AWS Signature Version 4 for S3: pure, the date comes from outside.
///
/// Source: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference.
package struct SignatureV4: Hashable, Sendable {
    package var region: String
    package var service: String
    /// How the store at hand departs from Amazon's.
    package var dialect: Dialect

    package init(region: String, service: String = "s3", dialect: Dialect = .s3) {
        self.region = region
        self.service = service
        self.dialect = dialect
    }

    /// A request's headers with what they were made from.
    package struct Signed: Sendable {
        /// What to add to the request; `Authorization` comes last.
        package let headers: [HeaderField]
        package let stringToSign: String
        package let signature: String
    }

    /// The headers to add to `request`: date, payload hash, token and `Authorization`.
    ///
    /// Everything is signed but what proxies may change: `HeaderSelection` says which.
    package func headers(
        signing request: SignableRequest, payload: Payload, date: SigningDate, credentials: Credentials
    ) -> [HeaderField] {
        sign(request, payload: payload, date: date, credentials: credentials).headers
    }

    /// As `headers`, with the signature that the chunks of a body continue (`ChunkedEncoding`).
    package func sign(_ request: SignableRequest, payload: Payload, date: SigningDate, credentials: Credentials) -> Signed {
        var added = [dialect.dateField(date), HeaderField("x-amz-content-sha256", payload.text)]
        if let token = credentials.sessionToken { added.append(HeaderField("x-amz-security-token", token)) }
        var complete = request
        complete.headers += added
        let selection = payload.isChunked ? dialect.selection.withLength : dialect.selection
        let canonical = CanonicalRequest(complete, payload: payload.text, covering: selection)
        let key = key(credentials, date)
        let text = Self.stringToSign(canonical.text, scope: key.scope, date: date)
        let signature = key.signature(of: text)
        let fields = ["Credential=\(credentials.accessKeyID)/\(key.scope)", "SignedHeaders=\(canonical.signedHeaders)", "Signature=\(signature)"]
        let authorization = "\(SigningKeyV4.algorithm) \(fields.joined(separator: dialect.separator))"
        return Signed(headers: added + [HeaderField("Authorization", authorization)], stringToSign: text, signature: signature)
    }

    /// `AWS4-HMAC-SHA256`, date, scope and the canonical request's hash, one a line.
    package static func stringToSign(_ canonicalRequest: String, scope: String, date: SigningDate) -> String {
        let digest = SHA256.hash(data: Array(canonicalRequest.utf8)).hexadecimal
        return "\(SigningKeyV4.algorithm)\n\(date.basic)\n\(scope)\n\(digest)"
    }

    func key(_ credentials: Credentials, _ date: SigningDate) -> SigningKeyV4 {
        SigningKeyV4(secret: credentials.secretAccessKey, date: date, region: region, service: service)
    }
}
