package import Credentials
internal import FileSystemTypes
package import HTTPTransport
package import Logging
internal import ObjectStorage
internal import Signing
internal import Synchronization

/// Addresses, signs and sends requests of one dialect to one endpoint, and turns failures into `StoreError`.
///
/// Repeated once by itself is only what a store asks for: a request signed for another region, with a wrong clock, or with outdated keys.
package final class StoreClient: Sendable {
    package struct Configuration: Sendable {
        package var endpoint: Endpoint
        package var addressing = Endpoint.Addressing.auto
        package var region: String
        package var signature = Signature.v4
        package var dialect = Dialect.s3

        package init(endpoint: Endpoint, region: String) {
            self.endpoint = endpoint
            self.region = region
        }
    }

    /// How requests are signed.
    package enum Signature: String, Hashable, Sendable, CaseIterable {
        case v4
        /// For stores from before 2012: it does not cover the body, so an MD5 of it goes along.
        case v2
        /// Huawei's own, with its own headers.
        case obs
    }

    /// What the store has taught us.
    struct Learned {
        var region: String
        /// Added to our clock when signing.
        var clockOffsetSeconds: Int64 = 0
        /// The last complaint about credentials that was logged.
        var complaint: (text: String, moment: ContinuousClock.Instant)?
    }

    let configuration: Configuration
    private let transport: HTTPTransport
    let credentials: CredentialsChain
    let logger: Logger
    let learned: Mutex<Learned>

    package init(_ configuration: Configuration, transport: HTTPTransport, credentials: CredentialsChain, logger: Logger) {
        self.configuration = configuration
        self.transport = transport
        self.credentials = credentials
        self.logger = logger
        learned = Mutex(Learned(region: configuration.region))
    }

    package var endpoint: Endpoint { configuration.endpoint }

    /// Where the credentials in use came from; nil before the first request.
    package var credentialsSource: CredentialsSource? { credentials.source }

    var dialect: Dialect { configuration.dialect }

    func send(_ request: StoreRequest) async throws(StoreError) -> StoreResponse {
        var corrections = 0
        while true {
            let authority = try await authority()
            do throws(StoreError) {
                return try await sendOnce(request, authority)
            } catch {
                let error = await clarified(error, request, authority)
                guard corrections < 2, await correct(error, authority) else { throw explained(error) }
                corrections += 1
            }
        }
    }

    func sendOnce(_ request: StoreRequest, _ authority: Authority) async throws(StoreError) -> StoreResponse {
        let response = try await transmit(try await sign(request, authority), request)
        if response.status < 300 { return response }
        throw try await failure(response, request)
    }

    private func transmit(_ http: HTTPRequest, _ request: StoreRequest) async throws(StoreError) -> StoreResponse {
        do throws(TransportError) {
            let response = try await transport.send(http)
            logger.trace("\(request.title): status \(response.status)")
            return StoreResponse(status: response.status, headers: response.headers, body: response.body)
        } catch {
            throw StoreError(error, operation: request.title)
        }
    }

    private func sign(_ request: StoreRequest, _ authority: Authority) async throws(StoreError) -> HTTPRequest {
        let endpoint = configuration.endpoint
        // Version 2 signs a bucket's path with a final slash, whether it stands on the wire or not: so it stands there.
        let key = request.key ?? (configuration.signature == .v2 ? Key("") : nil)
        let location = endpoint.location(bucket: request.bucket, key: key, addressing: configuration.addressing)
        let (region, offset) = learned.withLock { ($0.region, $0.clockOffsetSeconds) }
        var signable = SignableRequest(
            method: request.method, host: location.host, path: location.path, query: request.query,
            headers: request.headers + accountHeaders(request, authority), hostBucket: location.hostBucket)
        let payload = try await protect(request, authority, &signable)
        let now = Timestamp.now
        let date = SigningDate(Timestamp(seconds: now.seconds + offset, nanoseconds: now.nanoseconds))
        let added = authorization(authority, region: region).headers(for: signable, payload: payload, date: date)
        let query = request.query.map { item in item.value.map { "\(item.name)=\($0)" } ?? item.name }.joined(separator: "&")
        let url = "\(endpoint.isSecure ? "https" : "http")://\(location.host)\(location.path)\(query.isEmpty ? "" : "?\(query)")"
        var http = HTTPRequest(method: request.method, url: url, body: request.body, delivery: request.delivery)
        http.headers = (signable.headers + added).map { ($0.name, $0.value) }
        http.idleTimeout = request.isSlow ? .seconds(300) : nil
        return http
    }

    func authorization(_ keys: Credentials, region: String) -> Authorization {
        switch configuration.signature {
        case .v4: .v4(SignatureV4(region: region), keys)
        case .v2, .obs: .v2(SignatureV2(.s3), keys)
        }
    }

    /// What vouches for the body: its SHA-256 where the signature covers that, which it need not over TLS; else its MD5, which the store compares.
    private func protect(
        _ request: StoreRequest, _ authority: Authority, _ signable: inout SignableRequest
    ) async throws(StoreError) -> SignatureV4.Payload {
        guard let body = request.body else { return .empty }
        var coversBody = configuration.signature == .v4 && !configuration.endpoint.isSecure
        if case .keys = authority {} else { coversBody = false }
        let digests: BodyDigests
        do throws(Errno) {
            digests = try await BodyDigests(of: body, md5: !coversBody || request.needsMD5, sha256: coversBody)
        } catch {
            throw StoreError(.localFailure, "\(request.title): the bytes to be sent cannot be read: \(error)")
        }
        if let md5 = digests.md5Base64 { signable.headers.append(HeaderField("Content-MD5", md5)) }
        return digests.sha256Hexadecimal.map { .sha256($0) } ?? .unsigned
    }

    private func failure(_ response: StoreResponse, _ request: StoreRequest) async throws(StoreError) -> StoreError {
        let document: Bytes
        do throws(TransportError) {
            document = try await response.body.collect(limit: 256 << 10)
        } catch {
            throw StoreError(error, operation: request.title)
        }
        return StoreError(answer: response, document: document, request: request, dialect: dialect)
    }

    /// Takes up what an error teaches; true when the request is worth sending again at once.
    private func correct(_ error: StoreError, _ authority: Authority) async -> Bool {
        switch error.reason {
        case .badCredentials, .accessDenied: return await isReplaced(authority, after: error)
        case .wrongRegion:
            guard let region = error.region else { return false }
            return learned.withLock { learned in
                defer { learned.region = region }
                return learned.region != region
            }
        case .clockSkew:
            guard let theirs = error.storeTime else { return false }
            let offset = theirs.seconds - Timestamp.now.seconds
            logger.warning("this machine's clock differs from the store's by \(offset) s; correcting for it")
            return learned.withLock { learned in
                defer { learned.clockOffsetSeconds = offset }
                return abs(learned.clockOffsetSeconds - offset) > 5
            }
        default:
            return false
        }
    }
}
