package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An object store on a folder, for trying things out and for tests: strict like the real service, able to go wrong on command, and counting.
///
/// It is not a production store: nothing is synced to the disk, and there is one account.
package final class StoreServer: Sendable {
    package struct Configuration: Sendable {
        /// Where the data are; created where there is nothing.
        package var folder: String
        package var host: String
        /// 0 takes a free one.
        package var port: Int
        package var accessKey: String
        package var secretKey: String
        package var region: String
        package var dialect: Dialect
        /// Of the metadata services; 0 takes a free one, nil is for none.
        package var metadataPort: Int?
        /// What IBM's identity service takes; the secret key where there is none.
        package var apiKey: String?
        /// What a workload shows to the token services.
        package var identityToken = "windlass-identity"
        /// For the chances of fault rules.
        package var faultSeed: UInt64
        package var logger: Logger

        package init(
            folder: String, host: String = "127.0.0.1", port: Int = 0, accessKey: String, secretKey: String, region: String = "us-east-1",
            dialect: Dialect = .s3, faultSeed: UInt64 = 1, logger: Logger = Logger(label: "windlass-store")
        ) {
            self.folder = folder
            self.host = host
            self.port = port
            self.accessKey = accessKey
            self.secretKey = secretKey
            self.region = region
            self.dialect = dialect
            self.faultSeed = faultSeed
            self.logger = logger
        }
    }

    package let host: String
    package let port: Int
    private let context: ServerContext
    private let listener: Listener
    private let metadataListener: Listener?

    private init(host: String, port: Int, context: ServerContext, listener: Listener, metadataListener: Listener?) {
        self.metadataListener = metadataListener
        self.host = host
        self.port = port
        self.context = context
        self.listener = listener
    }

    /// Opens the folder and listens. Fails when the folder or the port is taken or cannot be used.
    package static func start(_ configuration: Configuration) async throws -> StoreServer {
        let executor = DiskExecutor(threads: 16)
        do {
            let folder = try await Task(executorPreference: executor) { try DataFolder(path: configuration.folder) }.value
            let context = ServerContext(configuration, folder)
            do {
                let listener = try await Listener(host: configuration.host, port: configuration.port, context: context, executor: executor)
                let metadataListener = try await metadataListener(configuration, context, beside: listener)
                return StoreServer(
                    host: configuration.host, port: listener.port, context: context, listener: listener, metadataListener: metadataListener)
            } catch {
                // Letting go of the folder must not remove what is in it.
                folder.close()
                throw error
            }
        } catch {
            await executor.shutdown()
            throw error
        }
    }

    /// On loopback always: it gives keys to everybody who asks.
    private static func metadataListener(
        _ configuration: Configuration, _ context: ServerContext, beside listener: Listener
    ) async throws -> Listener? {
        guard let port = configuration.metadataPort else { return nil }
        var context = context
        context.isForIdentity = true
        let executor = DiskExecutor(threads: 2)
        do {
            return try await Listener(host: "127.0.0.1", port: port, context: context, executor: executor)
        } catch {
            await executor.shutdown()
            await listener.stop()
            throw error
        }
    }

    /// Where the metadata services are, `http://127.0.0.1:PORT`; nil where there are none.
    package var metadataEndpoint: String? { metadataListener.map { "http://127.0.0.1:\($0.port)" } }

    /// What requests may be signed with at this moment.
    package var keys: KeyRing { context.identity.keys }

    /// `http://127.0.0.1:PORT`
    package var endpoint: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// By the names of the operations. Complete for every request whose answer has arrived.
    package var counters: [String: OperationCount] { context.counters.all }

    package func count(_ operation: Operation) -> OperationCount { counters[operation.rawValue] ?? OperationCount() }

    package func resetCounters() {
        context.counters.reset()
    }

    /// Replaces the rules in force. A seed begins the sequence of chances anew.
    package func setFaults(_ rules: [FaultRule], seed: UInt64? = nil) {
        context.faults.set(rules, seed: seed)
    }

    /// Breaks off all connections, stops listening, and lets go of the folder.
    package func stop() async {
        await metadataListener?.stop()
        await listener.stop()
        context.service.folder.close()
    }
}

extension ServerContext {
    fileprivate init(_ configuration: StoreServer.Configuration, _ folder: DataFolder) {
        let counters = Counters()
        let faults = FaultPlan(seed: configuration.faultSeed) { rules in folder.remembersChanges(rules.contains(where: \.needsChanges)) }
        let keys = KeyRing(accessKey: configuration.accessKey, secretKey: configuration.secretKey)
        let dialect = configuration.dialect
        let identity = IdentityService(
            keys: keys, apiKey: configuration.apiKey ?? configuration.secretKey, identityToken: configuration.identityToken,
            verifier: SignatureVerifier(keys: keys, region: configuration.region, dialect: .tokenService, service: "sts"))
        self.init(
            service: Service(folder: folder, dialect: dialect, region: configuration.region),
            verifier: SignatureVerifier(keys: keys, region: configuration.region, dialect: dialect), identity: identity,
            accessKeys: AccessKeyService(keys: keys),
            counters: counters,
            faults: faults, control: ControlPath(counters: counters, faults: faults, identity: identity), requestIDs: Generations(),
            logger: configuration.logger)
    }
}
