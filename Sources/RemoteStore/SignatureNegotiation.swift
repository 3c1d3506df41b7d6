package import HTTPTransport
package import ObjectStorage

/// Asks an OBS store which form of requests it takes, as Huawei's own clients do: without credentials, before the first request.
///
/// Source: "Error handling and protocol negotiation" of the OBS SDKs; the answer names the version of the interface in `x-obs-api`.
package struct SignatureNegotiation: Sendable {
    private let choice: StoreChoice
    private let transport: HTTPTransport

    package init(_ choice: StoreChoice, transport: HTTPTransport) {
        self.choice = choice
        self.transport = transport
    }

    /// `.obs` from version 3.0 on, otherwise `.v2`. Fails when nothing that speaks HTTP answers, or what does cannot say right now.
    package func signature(bucket: BucketName?) async throws(StoreError) -> StoreClient.Signature {
        var response = try await ask(bucket)
        // A bucket that is yet to be made answers for nobody; its place does.
        if response.status == 404, bucket != nil { response = try await ask(nil) }
        guard response.status < 500 else {
            var error = StoreError(.unavailable, "the store cannot say now which form of requests it takes; try again", status: response.status)
            error.operation = "HEAD ?apiversion"
            throw error
        }
        return Self.isNative(response.headers) ? .obs : .v2
    }

    private func ask(_ bucket: BucketName?) async throws(StoreError) -> HTTPResponse {
        let location = choice.endpoint.location(bucket: bucket, key: nil, addressing: choice.addressing)
        let url = "\(choice.endpoint.isSecure ? "https" : "http")://\(location.host)\(location.path)?apiversion"
        var request = HTTPRequest(method: "HEAD", url: url, delivery: .collected(limit: 64 << 10))
        request.totalTimeout = .seconds(20)
        do throws(TransportError) {
            return try await transport.send(request)
        } catch {
            throw StoreError(error, operation: "HEAD ?apiversion")
        }
    }

    private static func isNative(_ headers: HTTPHeaders) -> Bool {
        let text = headers["x-obs-api"] ?? headers["x-amz-api"] ?? ""
        return Double(text).map { $0 >= 3 } ?? false
    }
}
