package import Credentials
internal import FileSystemTypes
package import HTTPTransport
package import Logging
internal import ObjectStorage
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
        package var objects = ObjectOptions()

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
