import NIOHTTP1
import StoreServer
import Testing

/// Every scheme of the four services, against what their SDKs sign.
@Suite(.timeLimit(.minutes(1)))
struct SchemeTests {
    @Test func vectorsAreThere() {
        #expect(SchemeVector.all.count >= 120)
        #expect(SchemeVector.plain.count >= 60)
    }

    @Test(arguments: SchemeVector.all)
    func acceptsWhatIsSignedRight(_ vector: SchemeVector) throws {
        _ = try vector.verifier().verify(vector.signed, now: vector.now)
    }

    @Test(arguments: SchemeVector.plain)
    func buildsTheStringToSign(_ vector: SchemeVector) throws {
        let request = try vector.signed
        let claim: PlainClaim
        if let authorization = request.headers.first(name: "authorization") {
            claim = try PlainClaim(authorization: authorization)
        } else {
            claim = try PlainClaim(query: request.target)
        }
        let dialect = vector.dialect.speaking(HeaderFamily(headers: request.headers, target: request.target))
        let texts = PlainStringToSign(request, claim, dialect, vector.signatureScheme).texts
        #expect(texts.contains(vector.stringToSign ?? ""), "\(texts)")
    }

    @Test(arguments: SchemeVector.all)
    func refusesWhatWasChanged(_ vector: SchemeVector) throws {
        let now = try vector.now
        let right = try vector.signed
        #expect(throws: ServiceError.signatureMismatch) { try vector.verifier(secretKey: "another").verify(right, now: now) }
        var request = right
        request.method = "PATCH"
        #expect(throws: ServiceError.signatureMismatch) { try vector.verifier().verify(request, now: now) }
        request = right
        request.target = try RequestTarget("/other" + (vector.request?.rawPath ?? "") + "?" + (vector.request?.rawQuery ?? ""))
        #expect(throws: ServiceError.signatureMismatch) { try vector.verifier().verify(request, now: now) }
        request = right
        request.target = try RequestTarget((vector.request?.rawPath ?? "") + "?uploads&" + (vector.request?.rawQuery ?? ""))
        guard !right.target.has("uploads") else { return }
        #expect(throws: ServiceError.signatureMismatch) { try vector.verifier().verify(request, now: now) }
    }

    @Test(arguments: SchemeVector.plain)
    func refusesWrongTimesAndKeys(_ vector: SchemeVector) throws {
        let request = try vector.signed
        let now = try vector.now
        let isPresigned = vector.scheme.hasSuffix("presigned")
        let late = StoreTime(milliseconds: now.milliseconds + (isPresigned ? 400 * 86_400_000 : 901_000))
        let code = isPresigned ? "AccessDenied" : "RequestTimeTooSkewed"
        #expect(Self.code { try vector.verifier().verify(request, now: late) } == code)
        let others = SignatureVerifier(accessKey: "OTHER", secretKey: "x", region: "us-east-1", dialect: vector.dialect)
        #expect(Self.code { try others.verify(request, now: now) } == "InvalidAccessKeyId")
    }

    @Test(arguments: SchemeVector.all.filter { $0.signatureScheme != .v4 })
    func refusesSchemesThatADialectDoesNotKnow(_ vector: SchemeVector) throws {
        var dialect = vector.dialect
        dialect.schemes = [.bearer]
        let verifier = SignatureVerifier(
            accessKey: vector.credentials.accessKey, secretKey: vector.credentials.secretKey, region: "us-east-1", dialect: dialect)
        let (request, now) = (try vector.signed, try vector.now)
        #expect(Self.code { try verifier.verify(request, now: now) } == "InvalidArgument")
    }

    @Test func issuedKeysNeedTheirTokenAndEnd() throws {
        let keys = KeyRing(accessKey: "lasting", secretKey: "secret")
        let now = StoreTime(milliseconds: 1_773_480_413_000)
        let issued = keys.issueKey(now: now)
        #expect(issued.expiration.milliseconds == now.milliseconds + 3_600_000)
        var headers: HTTPHeaders = ["Date": now.httpText, "Authorization": "OBS \(issued.accessKey):AAAA"]
        let verifier = SignatureVerifier(keys: keys, region: "us-east-1", dialect: .obs)
        func code(_ time: StoreTime) throws -> String? {
            let request = SignedRequest(method: "GET", target: try RequestTarget("/"), headers: headers)
            return Self.code { try verifier.verify(request, now: time) }
        }
        #expect(try code(now) == "InvalidAccessKeyId")
        headers.add(name: "x-obs-security-token", value: "other")
        #expect(try code(now) == "InvalidToken")
        headers.replaceOrAdd(name: "x-obs-security-token", value: issued.token)
        #expect(try code(now) == "SignatureDoesNotMatch")
        #expect(try code(issued.expiration) == "ExpiredToken")
        keys.revokeIssued()
        #expect(try code(now) == "InvalidAccessKeyId")
        keys.replaceLasting(accessKey: "next", secretKey: "secret")
        headers = ["Date": now.httpText, "Authorization": "OBS lasting:AAAA"]
        #expect(try code(now) == "InvalidAccessKeyId")
        headers = ["Date": now.httpText, "Authorization": "OBS next:AAAA"]
        #expect(try code(now) == "SignatureDoesNotMatch")
    }

    @Test func bearerTokensEnd() throws {
        let keys = KeyRing(accessKey: "lasting", secretKey: "secret")
        let now = StoreTime(milliseconds: 1_773_480_413_000)
        let token = keys.issueToken(now: now)
        let verifier = SignatureVerifier(keys: keys, region: "us-east-1", dialect: .cos)
        func request(_ token: String) throws -> SignedRequest {
            SignedRequest(method: "GET", target: try RequestTarget("/"), headers: ["Authorization": "Bearer \(token)"])
        }
        _ = try verifier.verify(request(token.text), now: now)
        #expect(Self.code { try verifier.verify(request(token.text + "x"), now: now) } == "AccessDenied")
        let end = StoreTime(milliseconds: now.milliseconds + token.lifetimeSeconds * 1000)
        #expect(Self.code { try verifier.verify(request(token.text), now: end) } == "AccessDenied")
        let elsewhere = SignatureVerifier(keys: keys, region: "us-east-1", dialect: .s3)
        #expect(Self.code { try elsewhere.verify(request(token.text), now: now) } == "InvalidArgument")
    }

    private static func code(_ body: () throws -> PayloadClaim) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? ServiceError)?.code ?? "\(error)"
        }
    }
}

extension ServiceError {
    fileprivate static let signatureMismatch = ServiceError(
        403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
}
