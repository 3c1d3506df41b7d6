import ConformanceSupport
import Credentials
import HTTPTransport
import Logging
import ObjectStorage
import RemoteStore

/// The real client, as the mount uses it, for one server.
struct RemoteConnection {
    private let client: StoreClient
    private let capabilities: Capabilities

    init(_ server: ExternalServer) throws {
        var configuration = StoreClient.Configuration(endpoint: try Self.endpoint(server.endpoint), region: server.region)
        configuration.signature = server.signature.flatMap { StoreClient.Signature(rawValue: $0) } ?? .v4
        let keys = ["AWS_ACCESS_KEY_ID": server.accessKey, "AWS_SECRET_ACCESS_KEY": server.secretKey]
        client = Self.client(configuration, EnvironmentProvider(keys))
        var capabilities = configuration.dialect.capabilities
        if server.traits?.lacks(.append) == false { capabilities.append = AppendRules(maximumAppends: nil) }
        self.capabilities = capabilities
    }

    init(_ dialect: EmbeddedDialect, _ server: EmbeddedServer) throws {
        let address = dialect.isVirtual ? "http://\(dialect.service).localhost:\(server.port)" : server.endpoint
        var configuration = StoreClient.Configuration(endpoint: try Self.endpoint(address), region: "us-east-1")
        configuration.addressing = dialect.isVirtual ? .virtual : .path
        configuration.signature = dialect.signature
        configuration.dialect = dialect.clientDialect
        client = Self.client(configuration, FixedProvider(value: dialect.isBearer ? .bearer(server.token()) : .keys(EmbeddedServer.keys)))
        capabilities = dialect.capabilities
    }

    func connection(traits: StoreTraits) -> StoreConnection {
        StoreConnection(service: RemoteBuckets(client), traits: traits) { RemoteStore(client, bucket: $0, capabilities: capabilities) }
    }

    /// The same in front of a store that does not hold conditions itself.
    func guarded(traits: StoreTraits) -> StoreConnection {
        StoreConnection(service: RemoteBuckets(client), traits: traits) {
            GuardedStore(RemoteStore(client, bucket: $0, capabilities: capabilities))
        }
    }

    /// The same with parallel file systems for buckets.
    func fileSystems(traits: StoreTraits) -> StoreConnection {
        let buckets = FileSystemBuckets(base: RemoteBuckets(client), endpoint: client.endpoint, keys: EmbeddedServer.keys)
        return StoreConnection(service: buckets, traits: traits) { RemoteStore(client, bucket: $0, capabilities: capabilities) }
    }

    private static func endpoint(_ text: String) throws -> Endpoint {
        guard let endpoint = Endpoint(text) else { throw BrokenPromise("\(text) is no endpoint") }
        return endpoint
    }

    private static func client(_ configuration: StoreClient.Configuration, _ provider: any CredentialsProvider) -> StoreClient {
        StoreClient(
            configuration, transport: HTTPTransport(), credentials: CredentialsChain([provider]),
            logger: Logger(label: "conformance") { _ in SwiftLogNoOpLogHandler() })
    }
}

/// Gives what the test was given.
struct FixedProvider: CredentialsProvider {
    let name = "the conformance suite"
    let value: Authority

    func authority() async throws(CredentialsError) -> Authority? { value }
}
