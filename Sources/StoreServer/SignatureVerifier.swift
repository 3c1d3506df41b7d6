import Crypto
package import NIOHTTP1
import Synchronization

/// Verifies Signature Version 4 for one pair of keys.
package final class SignatureVerifier: Sendable {
    private let accessKey: String
    private let secretKey: String
    private let region: String
    private let dialect: Dialect
    /// The signing key of the last day, which is nearly always the next request's too.
    private let lastKey = Mutex<(scope: String, key: SymmetricKey)?>(nil)

    package init(accessKey: String, secretKey: String, region: String, dialect: Dialect) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.region = region
        self.dialect = dialect
    }

    /// Checks everything of the signature that does not need the body, and gives what the body must be checked against.
    package func verify(_ request: SignedRequest, now: StoreTime) throws(ServiceError) -> PayloadClaim {
        guard let claim = try SignatureClaim.find(headers: request.headers, target: request.target) else { throw .accessDenied }
        guard claim.accessKey == accessKey else { throw .invalidAccessKeyID }
        try checkScope(claim)
        try checkTime(claim, now: now)
        try checkSignedHeaders(claim, request.headers)
        let hash = try payloadHash(claim, request)
        try checkSignature(claim, request, payloadHash: hash)
        return try PayloadClaim(hash, ChunkSignatures(claim: claim, key: signingKey(claim)))
    }

    private func checkScope(_ claim: SignatureClaim) throws(ServiceError) {
        guard claim.service == "s3", claim.region == region else {
            let code = claim.expires == nil ? "AuthorizationHeaderMalformed" : "AuthorizationQueryParametersError"
            throw ServiceError(400, code, "The credential scope '\(claim.scope)' is wrong; expecting region '\(region)' and service 's3'")
                .with(detail: "Region", region).with(header: dialect.header("bucket-region"), region)
        }
    }

    private func checkTime(_ claim: SignatureClaim, now: StoreTime) throws(ServiceError) {
        guard let signed = StoreTime(basicISO: claim.timestamp) else {
            throw ServiceError(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
        }
        guard let expires = claim.expires else {
            guard abs(now.seconds - signed.seconds) <= dialect.clockTolerance else { throw .timeTooSkewed }
            return
        }
        guard expires >= 1, expires <= dialect.longestPresigned else {
            throw ServiceError(
                400, "AuthorizationQueryParametersError", "X-Amz-Expires must be between 1 and \(dialect.longestPresigned) seconds")
        }
        guard signed.seconds <= now.seconds + dialect.clockTolerance else { throw ServiceError(403, "AccessDenied", "Request is not valid yet") }
        guard now.seconds <= signed.seconds + expires else { throw ServiceError(403, "AccessDenied", "Request has expired") }
    }

    /// The host and the service's own headers must be signed, or somebody on the way could change them.
    private func checkSignedHeaders(_ claim: SignatureClaim, _ headers: HTTPHeaders) throws(ServiceError) {
        let signed = Set(claim.signedHeaders)
        let own = headers.map { $0.name.lowercased() }.filter { $0.hasPrefix(dialect.headerPrefix) && $0 != dialect.header("content-sha256") }
        guard signed.contains("host"), own.allSatisfy(signed.contains) else {
            throw ServiceError(403, "AccessDenied", "There were headers present in the request which were not signed")
        }
    }

    private func payloadHash(_ claim: SignatureClaim, _ request: SignedRequest) throws(ServiceError) -> String {
        let header = request.headers.first(name: dialect.header("content-sha256"))
        if claim.expires != nil { return header ?? request.target["X-Amz-Content-Sha256"] ?? "UNSIGNED-PAYLOAD" }
        guard let header else { throw .invalidRequest("Missing required header for this request: x-amz-content-sha256") }
        return header
    }

    private func checkSignature(_ claim: SignatureClaim, _ request: SignedRequest, payloadHash: String) throws(ServiceError) {
        let canonical = CanonicalRequest(
            method: request.method, target: request.target, headers: request.headers, signedHeaders: claim.signedHeaders, payloadHash: payloadHash)
        let key = signingKey(claim)
        for reencoded in [false, true] {
            let hash = Hex.encode(SHA256.hash(data: Array(canonical.text(reencoded: reencoded).utf8)))
            let text = "\(SignatureClaim.algorithm)\n\(claim.timestamp)\n\(claim.scope)\n\(hash)"
            if Self.isSignature(claim.signature, of: text, key) { return }
        }
        throw .signatureDoesNotMatch
    }

    /// Compares in constant time.
    static func isSignature(_ hex: String, of text: String, _ key: SymmetricKey) -> Bool {
        guard let bytes = Hex.decode(hex) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(bytes, authenticating: Array(text.utf8), using: key)
    }

    private func signingKey(_ claim: SignatureClaim) -> SymmetricKey {
        if let last = lastKey.withLock({ $0 }), last.scope == claim.scope { return last.key }
        var key = SymmetricKey(data: Array("AWS4\(secretKey)".utf8))
        for text in [claim.day, claim.region, claim.service, "aws4_request"] {
            key = SymmetricKey(data: Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)))
        }
        lastKey.withLock { [key] in $0 = (claim.scope, key) }
        return key
    }
}

/// The parts of a request that a signature covers.
package struct SignedRequest: Sendable {
    package var method: String
    package var target: RequestTarget
    package var headers: HTTPHeaders

    package init(method: String, target: RequestTarget, headers: HTTPHeaders) {
        self.method = method
        self.target = target
        self.headers = headers
    }
}
