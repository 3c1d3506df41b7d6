import ConformanceSupport
import Credentials
import Foundation
import HTTPTransport
import Logging
import ObjectStorage
import RemoteStore
import StoreServer

extension StoreConnection {
    private static let transport = HTTPTransport()
    private static let logger = Logger(label: "conformance") { _ in SwiftLogNoOpLogHandler() }

    /// The client that the program itself uses, without its retries: an error is seen as it came.
    static func remote(
        _ server: ExternalServer, traits: StoreTraits, close: @escaping @Sendable () async -> Void = {}
    ) throws -> StoreConnection {
        guard let endpoint = Endpoint(server.endpoint) else { throw UnusableServer("\(server.name): no endpoint: \(server.endpoint)") }
        var configuration = StoreClient.Configuration(endpoint: endpoint, region: server.region)
        configuration.addressing = .path
        let credentials = CredentialsChain([FixedCredentials(accessKey: server.accessKey, secretKey: server.secretKey)])
        let client = StoreClient(configuration, transport: transport, credentials: credentials, logger: logger)
        return StoreConnection(service: RemoteBuckets(client), traits: traits, close: close) { RemoteStore(client, bucket: $0) }
    }

    /// A `StoreServer` of its own on a temporary folder, gone when the connection is closed.
    static func embedded() async throws -> StoreConnection {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-store-\(UUID().uuidString)")
        let keys = (access: "AKIAWINDLASSTEST", secret: "windlass-test-secret")
        let server = try await StoreServer.start(
            StoreServer.Configuration(folder: folder.path, accessKey: keys.access, secretKey: keys.secret, logger: logger))
        let description = ExternalServer(
            name: "embedded", endpoint: server.endpoint, accessKey: keys.access, secretKey: keys.secret, region: "us-east-1")
        return try remote(description, traits: StoreTraits()) {
            await server.stop()
            try? FileManager.default.removeItem(at: folder)
        }
    }
}

/// Keys that are known from the start.
private struct FixedCredentials: CredentialsProvider {
    let accessKey: String
    let secretKey: String

    var name: String { "test" }

    func credentials() async throws(CredentialsError) -> Credentials? {
        Credentials(accessKeyID: accessKey, secretAccessKey: secretKey)
    }
}

/// Why a server that is configured cannot be tested.
struct UnusableServer: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
