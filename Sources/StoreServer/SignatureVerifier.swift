import Crypto
package import NIOHTTP1
import Synchronization

/// Verifies who sent a request, by every scheme that the dialect knows.
package final class SignatureVerifier: Sendable {
    let keys: KeyRing
    private let region: String
    /// As Version 4 names it in the scope.
    private let service: String
    /// In the server's own family of headers.
    private let dialect: Dialect
    /// The signing key of the last key and day, which is nearly always the next request's too.
    private let lastKey = Mutex<(secretKey: String, scope: String, key: SymmetricKey)?>(nil)

    package init(keys: KeyRing, region: String, dialect: Dialect, service: String = "s3") {
        self.service = service
        self.keys = keys
        self.region = region
        self.dialect = dialect
    }

    package convenience init(accessKey: String, secretKey: String, region: String, dialect: Dialect) {
        self.init(keys: KeyRing(accessKey: accessKey, secretKey: secretKey), region: region, dialect: dialect)
    }

    /// Checks everything of the signature that does not need the body, and gives what the body must be checked against.
    package func verify(_ request: SignedRequest, now: StoreTime) throws(ServiceError) -> PayloadClaim {
        let dialect = dialect.speaking(HeaderFamily(headers: request.headers, target: request.target))
        guard let scheme = try SignatureScheme.find(headers: request.headers, target: request.target) else { throw .accessDenied }
        guard dialect.schemes.contains(scheme) else { throw .invalidArgument("Unsupported Authorization Type") }
        switch scheme {
        case .v4:
            guard let claim = try SignatureClaim.find(headers: request.headers, target: request.target) else { throw .accessDenied }
            return try verify(claim, request, dialect, now: now)
        case .v2, .obs:
            try verifyPlain(request, scheme, dialect, now: now)
        case .bearer:
            let token = (request.headers.first(name: "authorization") ?? "").dropFirst(7).trimmed
            guard keys.isValid(token: String(token), now: now) else { throw .accessDenied }
        }
        return try PayloadClaim(unverified: request.headers, dialect)
    }

    /// The key that signed, if it may still be used and its token is there.
    private func key(_ accessKey: String, _ request: SignedRequest, _ dialect: Dialect, now: StoreTime) throws(ServiceError) -> KeyRing.Key {
        guard let key = keys.key(accessKey) else { throw .invalidAccessKeyID }
        let name = dialect.header("security-token")
        let token = request.headers.first(name: name) ?? request.target.value(name)
        guard token != nil || key.token == nil else { throw .invalidAccessKeyID }
        guard token == key.token else { throw .invalidToken }
        if let expiration = key.expiration, now >= expiration { throw .expiredToken }
        return key
    }
}

/// OBS's scheme and Version 2.
extension SignatureVerifier {
    private func verifyPlain(
        _ request: SignedRequest, _ scheme: SignatureScheme, _ dialect: Dialect, now: StoreTime
    ) throws(ServiceError) {
        let claim: PlainClaim
        if let authorization = request.headers.first(name: "authorization") {
            claim = try PlainClaim(authorization: authorization)
        } else {
            claim = try PlainClaim(query: request.target)
        }
        let key = try key(claim.accessKey, request, dialect, now: now)
        try checkTime(claim, request, dialect, now: now)
        let secret = SymmetricKey(data: Array(key.secretKey.utf8))
        guard let signature = Base64.decode(claim.signature) else { throw .signatureDoesNotMatch }
        for text in PlainStringToSign(request, claim, dialect, scheme).texts
        where HMAC<Insecure.SHA1>.isValidAuthenticationCode(signature, authenticating: Array(text.utf8), using: secret) { return }
        throw .signatureDoesNotMatch
    }

    private func checkTime(_ claim: PlainClaim, _ request: SignedRequest, _ dialect: Dialect, now: StoreTime) throws(ServiceError) {
        if let expires = claim.expires {
            guard now.seconds <= expires else { throw ServiceError(403, "AccessDenied", "Request has expired") }
            return
        }
        let text = request.headers.first(name: dialect.header("date")) ?? request.headers.first(name: "date")
        guard let signed = text.flatMap({ StoreTime(http: $0) }) else {
            throw ServiceError(403, "AccessDenied", "Authentication requires a valid Date or \(dialect.header("date")) header")
        }
        guard abs(now.seconds - signed.seconds) <= dialect.clockTolerance else { throw .timeTooSkewed }
    }
}

/// Version 4.
extension SignatureVerifier {
    private func verify(_ claim: SignatureClaim, _ request: SignedRequest, _ dialect: Dialect, now: StoreTime) throws(ServiceError) -> PayloadClaim {
        let key = try key(claim.accessKey, request, dialect, now: now)
        try checkScope(claim)
        try checkTime(claim, now: now)
        try checkSignedHeaders(claim, request.headers, dialect)
        let hash = try payloadHash(claim, request, dialect)
        let signingKey = signingKey(claim, key.secretKey)
        try checkSignature(claim, request, payloadHash: hash, signingKey)
        return try PayloadClaim(hash, ChunkSignatures(claim: claim, key: signingKey))
    }

    private func checkScope(_ claim: SignatureClaim) throws(ServiceError) {
        guard claim.service == service, dialect.acceptsAnyRegion || claim.region == region else {
            let code = claim.expires == nil ? "AuthorizationHeaderMalformed" : "AuthorizationQueryParametersError"
            throw ServiceError(400, code, "The credential scope '\(claim.scope)' is wrong; expecting region '\(region)' and service '\(service)'")
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
    private func checkSignedHeaders(_ claim: SignatureClaim, _ headers: HTTPHeaders, _ dialect: Dialect) throws(ServiceError) {
        let signed = Set(claim.signedHeaders)
        let own = headers.map { $0.name.lowercased() }.filter { $0.hasPrefix(dialect.headerPrefix) && $0 != dialect.header("content-sha256") }
        guard signed.contains("host"), own.allSatisfy(signed.contains) else {
            throw ServiceError(403, "AccessDenied", "There were headers present in the request which were not signed")
        }
    }

    private func payloadHash(_ claim: SignatureClaim, _ request: SignedRequest, _ dialect: Dialect) throws(ServiceError) -> String {
        let header = request.headers.first(name: dialect.header("content-sha256"))
        if claim.expires != nil { return header ?? request.target["X-Amz-Content-Sha256"] ?? "UNSIGNED-PAYLOAD" }
        guard let header else { throw .invalidRequest("Missing required header for this request: x-amz-content-sha256") }
        return header
    }

    private func checkSignature(_ claim: SignatureClaim, _ request: SignedRequest, payloadHash: String, _ key: SymmetricKey) throws(ServiceError) {
        let canonical = CanonicalRequest(
            method: request.method, target: request.target, headers: request.headers, signedHeaders: claim.signedHeaders, payloadHash: payloadHash)
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

    private func signingKey(_ claim: SignatureClaim, _ secretKey: String) -> SymmetricKey {
        if let last = lastKey.withLock({ $0 }), last.scope == claim.scope, last.secretKey == secretKey { return last.key }
        var key = SymmetricKey(data: Array("AWS4\(secretKey)".utf8))
        for text in [claim.day, claim.region, claim.service, "aws4_request"] {
            key = SymmetricKey(data: Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)))
        }
        lastKey.withLock { [key] in $0 = (secretKey, claim.scope, key) }
        return key
    }
}

/// The parts of a request that a signature covers.
package struct SignedRequest: Sendable {
    package var method: String
    package var target: RequestTarget
    package var headers: HTTPHeaders
    /// The bucket that the host's name carries, or the host itself where it stands for a bucket; nil where the path names it.
    package var hostBucket: String?

    package init(method: String, target: RequestTarget, headers: HTTPHeaders, hostBucket: String? = nil) {
        self.method = method
        self.target = target
        self.headers = headers
        self.hostBucket = hostBucket
    }
}
