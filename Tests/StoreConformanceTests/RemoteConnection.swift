import ConformanceSupport
import Credentials
import Foundation
import HTTPTransport
import Logging
import ObjectStorage
import RemoteStore
import StoreServer
import Synchronization

/// The real client, as the mount uses it, for one server.
struct RemoteConnection {
    private let client: StoreClient

    init(_ server: ExternalServer, listVersion: Int = 2) throws {
        guard let endpoint = Endpoint(server.endpoint) else { throw BrokenPromise("\(server.endpoint) is no endpoint") }
        var configuration = StoreClient.Configuration(endpoint: endpoint, region: server.region)
        configuration.dialect.listing = listVersion == 1 ? .markers : .tokens
        configuration.signature = server.signature.flatMap { StoreClient.Signature(rawValue: $0) } ?? .v4
        let keys = ["AWS_ACCESS_KEY_ID": server.accessKey, "AWS_SECRET_ACCESS_KEY": server.secretKey]
        client = StoreClient(
            configuration, transport: HTTPTransport(), credentials: CredentialsChain([EnvironmentProvider(keys)]),
            logger: Logger(label: "conformance") { _ in SwiftLogNoOpLogHandler() })
    }

    func connection(traits: StoreTraits) -> StoreConnection {
        StoreConnection(service: RemoteBuckets(client), traits: traits) { RemoteStore(client, bucket: $0) }
    }
}

/// One embedded server for all tests of the process, on a folder that goes with it.
actor EmbeddedServer {
    private static let starting = Task { try await EmbeddedServer() }

    static func shared() async throws -> EmbeddedServer { try await starting.value }

    private let server: StoreServer
    private let folder: URL

    private init() async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-conformance-\(UUID().uuidString)")
        server = try await StoreServer.start(
            StoreServer.Configuration(folder: folder.path, accessKey: "conformance", secretKey: "conformance-secret"))
        let path = folder.path
        Cleanup.atExit { try? FileManager.default.removeItem(atPath: path) }
    }

    nonisolated func connection(traits: StoreTraits, listVersion: Int) throws -> StoreConnection {
        let external = ExternalServer(
            name: "windlass-store", endpoint: server.endpoint, accessKey: "conformance", secretKey: "conformance-secret", region: "us-east-1")
        return try RemoteConnection(external, listVersion: listVersion).connection(traits: traits)
    }
}

/// What has to be done when the test process ends.
enum Cleanup {
    private static let actions = Mutex<[@Sendable () -> Void]>([])
    private static let isRegistered: Bool = atexit { Cleanup.run() } == 0

    static func atExit(_ action: @escaping @Sendable () -> Void) {
        precondition(isRegistered, "atexit(3) refused")
        actions.withLock { $0.append(action) }
    }

    private static func run() {
        for action in actions.withLock({ $0 }) { action() }
    }
}
