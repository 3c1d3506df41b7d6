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
    private struct Learned {
        var region: String
        /// Added to our clock when signing.
        var clockOffsetSeconds: Int64 = 0
    }

    let configuration: Configuration
    private let transport: HTTPTransport
    private let credentials: CredentialsChain
    private let logger: Logger
    private let learned: Mutex<Learned>

    package init(_ configuration: Configuration, transport: HTTPTransport, credentials: CredentialsChain, logger: Logger) {
        self.configuration = configuration
        self.transport = transport
        self.credentials = credentials
        self.logger = logger
        learned = Mutex(Learned(region: configuration.region))
    }

    package var endpoint: Endpoint { configuration.endpoint }

    var dialect: Dialect { configuration.dialect }

    func send(_ request: StoreRequest) async throws(StoreError) -> StoreResponse {
        var corrections = 0
        while true {
            do throws(StoreError) {
                return try await sendOnce(request)
            } catch {
                guard corrections < 2, await correct(error) else { throw error }
                corrections += 1
            }
        }
    }

    private func sendOnce(_ request: StoreRequest) async throws(StoreError) -> StoreResponse {
        let keys: Credentials
        do throws(CredentialsError) {
            keys = try await credentials.credentials()
        } catch {
            throw StoreError(.badCredentials, error.description)
        }
        let response = try await transmit(try await sign(request, keys), request)
        if response.status < 300 { return response }
        let error = try await failure(response, request)
        if error.reason == .badCredentials { credentials.invalidate(keys) }
        throw error
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

    private func sign(_ request: StoreRequest, _ keys: Credentials) async throws(StoreError) -> HTTPRequest {
        let endpoint = configuration.endpoint
        // Version 2 signs a bucket's path with a final slash, whether it stands on the wire or not: so it stands there.
        let key = request.key ?? (configuration.signature == .v2 ? Key("") : nil)
        let location = endpoint.location(bucket: request.bucket, key: key, addressing: configuration.addressing)
        let (region, offset) = learned.withLock { ($0.region, $0.clockOffsetSeconds) }
        var signable = SignableRequest(
            method: request.method, host: location.host, path: location.path, query: request.query, headers: request.headers,
            hostBucket: location.hostBucket)
        let payload = try await protect(request, &signable)
        let now = Timestamp.now
        let date = SigningDate(Timestamp(seconds: now.seconds + offset, nanoseconds: now.nanoseconds))
        let added = authorization(keys, region: region).headers(for: signable, payload: payload, date: date)
        let query = request.query.map { item in item.value.map { "\(item.name)=\($0)" } ?? item.name }.joined(separator: "&")
        let url = "\(endpoint.isSecure ? "https" : "http")://\(location.host)\(location.path)\(query.isEmpty ? "" : "?\(query)")"
        var http = HTTPRequest(method: request.method, url: url, body: request.body, delivery: request.delivery)
        http.headers = (signable.headers + added).map { ($0.name, $0.value) }
        http.idleTimeout = request.isSlow ? .seconds(300) : nil
        return http
    }

    private func authorization(_ keys: Credentials, region: String) -> Authorization {
        switch configuration.signature {
        case .v4: .v4(SignatureV4(region: region), keys)
        case .v2, .obs: .v2(SignatureV2(.s3), keys)
        }
    }

    /// What vouches for the body: its SHA-256 where the signature covers that, which it need not over TLS; else its MD5, which the store compares.
    private func protect(_ request: StoreRequest, _ signable: inout SignableRequest) async throws(StoreError) -> SignatureV4.Payload {
        guard let body = request.body else { return .empty }
        let coversBody = configuration.signature == .v4 && !configuration.endpoint.isSecure
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
    private func correct(_ error: StoreError) async -> Bool {
        switch error.reason {
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
