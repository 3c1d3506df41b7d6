internal import Credentials
internal import FileSystemTypes
package import Logging
package import ObjectStorage
internal import Signing

/// What IBM Cloud knows of a bucket beside S3: one JSON document, of which members are changed by name.
///
/// Source: "Resource Configuration API", IBM Cloud Docs.
package struct ResourceConfiguration: Sendable {
    private let store: RetryingStore<RemoteStore>
    private let key: Key

    /// Where it answers for all buckets; nil for stores that have no such service.
    package static func standard(_ client: StoreClient) -> Endpoint? {
        guard client.dialect.family == .cos else { return nil }
        let host = client.endpoint.host
        let network = host.hasPrefix("s3.private.") ? "private." : host.hasPrefix("s3.direct.") ? "direct." : ""
        return host.hasSuffix(".cloud-object-storage.appdomain.cloud") ? Endpoint("https://config.\(network)cloud-object-storage.cloud.ibm.com") : nil
    }

    /// Uses the client's credentials and connections.
    package init(_ client: StoreClient, at endpoint: Endpoint, bucket: BucketName, policy: RetryPolicy, logger: Logger) {
        // Its paths are /v1/b/BUCKET, and no bucket has a name of two letters.
        store = RetryingStore(RemoteStore(client.speaking(to: endpoint), bucket: BucketName("v1")), policy: policy, logger: logger)
        key = Key("b/\(bucket.text)")
    }

    package func get() async throws(StoreError) -> String {
        let request = try await request("GET")
        let bytes = try await store.retrying { _ throws(StoreError) in try await store.base.client.send(request).document(request) }
        return String(decoding: bytes.contiguous, as: UTF8.self)
    }

    package func patch(_ document: String) async throws(StoreError) {
        var request = try await request("PATCH")
        request.body = BytesSource(Bytes(document))
        request.headers = [HeaderField("Content-Type", "application/json")]
        let patch = request
        _ = try await store.retrying { _ throws(StoreError) in try await store.base.client.send(patch) }
    }

    /// Keys of the HMAC kind are for S3 only.
    private func request(_ method: String) async throws(StoreError) -> StoreRequest {
        guard case .bearer = try await store.base.client.authority() else {
            throw StoreError(.unsupported, "IBM Cloud tells it to those who come with an API key, not with HMAC keys")
        }
        return StoreRequest(method, store.base.bucket, key)
    }
}

extension StoreClient {
    /// The same, but for where requests go.
    func speaking(to endpoint: Endpoint) -> StoreClient {
        var configuration = configuration
        configuration.endpoint = endpoint
        configuration.addressing = .path
        return StoreClient(configuration, transport: transport, credentials: credentials, logger: logger)
    }
}
