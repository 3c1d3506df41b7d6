internal import Credentials
internal import FileSystemTypes
internal import HTTPTransport
internal import ObjectStorage
internal import Signing
internal import Synchronization

/// From an operation to a request on the wire: where it goes, what vouches for its body, and who sends it.
extension StoreClient {
    func sign(_ request: StoreRequest, _ authority: Authority, at endpoint: Endpoint) async throws(StoreError) -> HTTPRequest {
        let (taught, offset) = learned.withLock { ($0.region, $0.clockOffsetSeconds) }
        let region = endpoint == standing(request.bucket) ? taught : endpoint.region ?? taught
        let location = endpoint.location(bucket: request.bucket, key: addressedKey(request), addressing: configuration.addressing)
        let extra = configuration.objects.headers(for: request, dialect) + accountHeaders(request, authority)
        var signable = SignableRequest(
            method: request.method, host: location.host, path: location.path, query: request.query, headers: request.headers + extra,
            hostBucket: location.hostBucket)
        let payload = try await protect(request, authority, &signable)
        let now = Timestamp.now
        let date = SigningDate(Timestamp(seconds: now.seconds + offset, nanoseconds: now.nanoseconds))
        let added = authorization(authority, region: region).headers(for: signable, payload: payload, date: date)
        let url = "\(endpoint.isSecure ? "https" : "http")://\(location.host)\(signable.target)"
        var http = HTTPRequest(method: request.method, url: url, body: request.body, delivery: request.delivery)
        http.headers = (signable.headers + added).map { ($0.name, $0.value) }
        http.mayRepeat = request.mayRepeat
        http.idleTimeout = request.isSlow ? .seconds(300) : nil
        return http
    }

    /// Amazon's Version 2 signs a bucket's path with a final slash, whether it stands on the wire or not: so it stands there.
    private func addressedKey(_ request: StoreRequest) -> Key? {
        request.key ?? (configuration.signature == .v2 && dialect.family != .obs ? Key("") : nil)
    }

    func authorization(_ keys: Credentials, region: String) -> Authorization {
        switch (configuration.signature, dialect.family) {
        case (.v4, .s3): .v4(SignatureV4(region: region), keys)
        case (.v4, .cos): .v4(SignatureV4(region: region, dialect: .ibm), keys)
        case (.v4, .obs): .v4(SignatureV4(region: region, dialect: .obs), keys)
        case (.v4, .oos): .v4(.oos(host: endpoint.host) ?? SignatureV4(region: region), keys)
        case (.v2, .s3), (.v2, .cos): .v2(SignatureV2(.s3), keys)
        case (.v2, .oos): .v2(SignatureV2(.oos), keys)
        case (.v2, .obs): .v2(SignatureV2(.obsV2), keys)
        case (.obs, _): .v2(SignatureV2(.obs), keys)
        }
    }

    /// What vouches for the body: its SHA-256 where the signature covers that, which it need not over TLS; else its MD5, which the store compares.
    private func protect(
        _ request: StoreRequest, _ authority: Authority, _ signable: inout SignableRequest
    ) async throws(StoreError) -> SignatureV4.Payload {
        guard let body = request.body else { return coversBodies ? .empty : .unsigned }
        var coversBody = coversBodies && !configuration.endpoint.isSecure
        if case .keys = authority {} else { coversBody = false }
        let digests: BodyDigests
        do throws(Errno) {
            // IBM wants an MD5 of whatever goes into a protected bucket.
            let needsMD5 = !coversBody || request.needsMD5 || dialect.family == .cos
            // What the caller says it must be, the store holds the body against.
            digests = try await .taken(of: body, md5: needsMD5 && signable.header("content-md5") == nil, sha256: coversBody)
        } catch {
            throw StoreError(.localFailure, "\(request.title): the bytes to be sent cannot be read: \(error)")
        }
        if let md5 = digests.md5Base64 { signable.headers.append(HeaderField("Content-MD5", md5)) }
        return digests.sha256Hexadecimal.map { .sha256($0) } ?? .unsigned
    }

    /// Version 4 covers bodies, but not as Huawei's clients use it.
    private var coversBodies: Bool { configuration.signature == .v4 && dialect.family != .obs }
}
