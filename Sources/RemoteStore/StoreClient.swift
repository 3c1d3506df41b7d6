package import Credentials
internal import FileSystemTypes
package import HTTPTransport
package import Logging
package import ObjectStorage
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
        /// How often one request may be sent on to another place.
        package var maximumRedirects = 5

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
        /// Where a bucket is for good, by the store's own word.
        var moved: (bucket: BucketName?, endpoint: Endpoint)?
        /// The store does not copy ranges of objects as parts.
        var refusesPartCopies = false
        /// Added to our clock when signing.
        var clockOffsetSeconds: Int64 = 0
        /// The last complaint about credentials that was logged.
        var complaint: (text: String, moment: ContinuousClock.Instant)?
    }

    let configuration: Configuration
    let transport: HTTPTransport
    let credentials: CredentialsChain
    let logger: Logger
    let learned: Mutex<Learned>
    private let lastNumber = Atomic<UInt64>(0)

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

    /// The places of credentials are looked at again with the next request; those in use stay as long as nothing else is there.
    package func rereadCredentials() {
        credentials.reread()
    }

    package var signature: Signature { configuration.signature }

    /// How requests on a bucket are addressed; never `auto`.
    package func addressing(of bucket: BucketName) -> Endpoint.Addressing {
        guard configuration.addressing == .auto else { return configuration.addressing }
        return endpoint.location(bucket: bucket, key: nil, addressing: .auto).hostBucket == nil ? .path : .virtual
    }

    /// That requests are signed for, which the store may have taught us.
    package var region: String { learned.withLock { $0.region } }

    package var dialect: Dialect { configuration.dialect }

    func send(_ request: StoreRequest) async throws(StoreError) -> StoreResponse {
        var corrections = 0
        while true {
            let authority = try await authority()
            do throws(StoreError) {
                return try await sendOnce(request, authority)
            } catch {
                if [.unreachable, .timedOut].contains(error.reason) { learned.withLock { $0.moved = nil } }
                let error = await clarified(error, request, authority)
                guard corrections < 2, await correct(error, authority) else { throw explained(error) }
                corrections += 1
            }
        }
    }

    func sendOnce(_ request: StoreRequest, _ authority: Authority) async throws(StoreError) -> StoreResponse {
        var endpoint = standing(request.bucket)
        var redirects = 0
        while true {
            let response = try await transmit(try await sign(request, authority, at: endpoint), request)
            if response.status < 300 { return response }
            guard let redirection = try redirection(response, request, from: endpoint) else { throw try await failure(response, request) }
            response.body.cancel()
            redirects += 1
            guard redirects <= configuration.maximumRedirects else {
                throw Redirection.refused(request, "\(self.endpoint) sends it on more than \(configuration.maximumRedirects) times")
            }
            logger.debug("\(request.title): sent on to \(redirection.endpoint)")
            endpoint = redirection.endpoint
            if redirection.isPermanent { learned.withLock { $0.moved = (request.bucket, endpoint) } }
        }
    }

    /// Where requests on a bucket go, as far as we know.
    func standing(_ bucket: BucketName?) -> Endpoint {
        let (region, moved) = learned.withLock { ($0.region, $0.moved) }
        if let moved, moved.bucket == bucket { return moved.endpoint }
        return configuration.endpoint.moved(to: region)
    }

    /// Amazon names the region that it misses: that says more than an address.
    private func redirection(_ response: StoreResponse, _ request: StoreRequest, from endpoint: Endpoint) throws(StoreError) -> Redirection? {
        let named = response.headers[dialect.header("bucket-region")]
        if endpoint.isAmazon, let named, named != region { return nil }
        return try Redirection(response, request, from: endpoint, configuration.addressing)
    }

    /// Each request has a number of its own in the log, next to the one that the store gives it.
    private func transmit(_ http: HTTPRequest, _ request: StoreRequest) async throws(StoreError) -> StoreResponse {
        let number = lastNumber.add(1, ordering: .relaxed).newValue
        let began = ContinuousClock.now
        logger.trace("\(request.title): is sent", metadata: ["request": "\(number)"])
        do throws(TransportError) {
            let response = try await transport.send(http)
            logger.debug("\(request.title): answered", metadata: trace(response, number, began))
            return StoreResponse(status: response.status, headers: response.headers, body: response.body)
        } catch {
            logger.debug("\(request.title): \(error)", metadata: ["request": "\(number)", "milliseconds": "\(Self.milliseconds(since: began))"])
            throw StoreError(error, operation: request.title)
        }
    }

    private func trace(_ response: HTTPResponse, _ number: UInt64, _ began: ContinuousClock.Instant) -> Logger.Metadata {
        [
            "request": "\(number)", "status": "\(response.status)", "milliseconds": "\(Self.milliseconds(since: began))",
            "store-request": "\(response.headers[dialect.header("request-id")] ?? "-")",
        ]
    }

    private static func milliseconds(since moment: ContinuousClock.Instant) -> Double {
        ((.now - moment) / .microseconds(100)).rounded() / 10
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

    var refusesPartCopies: Bool { learned.withLock { $0.refusesPartCopies } }

    func notePartCopyRefused(_ error: StoreError) {
        let isNew = learned.withLock { learned in
            defer { learned.refusesPartCopies = true }
            return !learned.refusesPartCopies
        }
        if isNew { logger.notice("the store does not copy parts of objects; their bytes go over this machine: \(error)") }
    }
}
