import Credentials
import Foundation
import HTTPTransport
import Logging
import ObjectStorage
import RemoteStore
import StoreServer

/// A bucket on an embedded server of its own, and the client for it.
struct EmbeddedBucket {
    let server: StoreServer
    let store: RemoteStore
    let client: StoreClient
    private let folder: URL

    /// `quirk`: one of the server's, which it has beside its dialect.
    init(_ secret: String = "secret", quirk: String? = nil) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-remote-\(UUID().uuidString)")
        var configuration = StoreServer.Configuration(folder: folder.path, accessKey: "key", secretKey: "secret")
        if let quirk, !configuration.dialect.features.apply(quirk: quirk) { throw StoreError(.unsupported, "the server has no quirk \(quirk)") }
        server = try await StoreServer.start(configuration)
        client = try Self.client(server.endpoint, secret: secret)
        store = RemoteStore(client, bucket: BucketName("bucket"))
        try await RemoteBuckets(try Self.client(server.endpoint, secret: "secret")).createBucket(BucketName("bucket"))
    }

    /// The store as the mount sees it, without long pauses.
    var retrying: RetryingStore<RemoteStore> {
        var policy = RetryPolicy()
        policy.firstDelay = .milliseconds(1)
        return RetryingStore(store, policy: policy, logger: Self.silent)
    }

    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    static func client(_ endpoint: String, secret: String, options: TransportOptions = TransportOptions()) throws -> StoreClient {
        guard let endpoint = Endpoint(endpoint) else { throw StoreError(.invalidRequest, "\(endpoint) is no endpoint") }
        let keys = ["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": secret]
        return StoreClient(
            StoreClient.Configuration(endpoint: endpoint, region: "us-east-1"), transport: HTTPTransport(options),
            credentials: CredentialsChain([EnvironmentProvider(keys)]), logger: silent)
    }

    func end() async {
        await server.stop()
        try? FileManager.default.removeItem(at: folder)
    }
}
