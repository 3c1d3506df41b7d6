package import Credentials
import Crypto

/// AWS Signature Version 4 for S3: pure, the date comes from outside.
///
/// Source: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference.
package struct SignatureV4: Hashable, Sendable {
    package var region: String
    package var service: String

    package init(region: String, service: String = "s3") {
        self.region = region
        self.service = service
    }

    /// What the signature says of the body.
    package enum Payload: Hashable, Sendable {
        /// The body's SHA-256 in hexadecimal.
        case sha256(String)
        /// The transport protects the body: allowed over TLS only.
        case unsigned

        package static let empty = Payload.sha256(SHA256.hash(data: [UInt8]()).hexadecimal)

        package var text: String {
            switch self {
            case .sha256(let digest): digest
            case .unsigned: "UNSIGNED-PAYLOAD"
            }
        }
    }

    /// The headers to add to `request`: date, payload hash, token and `Authorization`.
    ///
    /// Everything is signed but what proxies may change: `CanonicalRequest` says which.
    package func headers(
        signing request: SignableRequest, payload: Payload, date: SigningDate, credentials: Credentials
    ) -> [HeaderField] {
        var added = [HeaderField("x-amz-date", date.basic), HeaderField("x-amz-content-sha256", payload.text)]
        if let token = credentials.sessionToken { added.append(HeaderField("x-amz-security-token", token)) }
        var complete = request
        complete.headers += added
        let canonical = CanonicalRequest(complete, payload: payload.text)
        let scope = "\(date.day)/\(region)/\(service)/aws4_request"
        let signature = signature(of: canonical.text, scope: scope, date: date, secret: credentials.secretAccessKey)
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), "
            + "SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)"
        return added + [HeaderField("Authorization", authorization)]
    }

    /// `AWS4-HMAC-SHA256`, date, scope and the canonical request's hash, one a line.
    package static func stringToSign(_ canonicalRequest: String, scope: String, date: SigningDate) -> String {
        let digest = SHA256.hash(data: Array(canonicalRequest.utf8)).hexadecimal
        return "AWS4-HMAC-SHA256\n\(date.basic)\n\(scope)\n\(digest)"
    }

    private func signature(of canonicalRequest: String, scope: String, date: SigningDate, secret: String) -> String {
        let text = Self.stringToSign(canonicalRequest, scope: scope, date: date)
        return hmac(signingKey(secret: secret, day: date.day), text).hexadecimal
    }

    private func signingKey(secret: String, day: String) -> [UInt8] {
        [day, region, service, "aws4_request"].reduce(Array("AWS4\(secret)".utf8), hmac)
    }

    private func hmac(_ key: [UInt8], _ text: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }
}
