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

    /// `.obs` from version 3.0 on, otherwise `.v2`. Fails when nothing that speaks HTTP answers.
    package func signature(bucket: BucketName?) async throws(StoreError) -> StoreClient.Signature {
        let location = choice.endpoint.location(bucket: bucket, key: nil, addressing: choice.addressing)
        let url = "\(choice.endpoint.isSecure ? "https" : "http")://\(location.host)\(location.path)?apiversion"
        var request = HTTPRequest(method: "HEAD", url: url, delivery: .collected(limit: 64 << 10))
        request.totalTimeout = .seconds(20)
        do throws(TransportError) {
            let response = try await transport.send(request)
            return Self.isNative(response.headers) ? .obs : .v2
        } catch {
            throw StoreError(error, operation: "HEAD ?apiversion")
        }
    }

    private static func isNative(_ headers: HTTPHeaders) -> Bool {
        let text = headers["x-obs-api"] ?? headers["x-amz-api"] ?? ""
        return Double(text).map { $0 >= 3 } ?? false
    }
}
