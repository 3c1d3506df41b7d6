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

    private init(host: String, port: Int, context: ServerContext, listener: Listener) {
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
                return StoreServer(host: configuration.host, port: listener.port, context: context, listener: listener)
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
        await listener.stop()
        context.service.folder.close()
    }
}

extension ServerContext {
    fileprivate init(_ configuration: StoreServer.Configuration, _ folder: DataFolder) {
        let counters = Counters()
        let faults = FaultPlan(seed: configuration.faultSeed)
        let keys = KeyRing(accessKey: configuration.accessKey, secretKey: configuration.secretKey)
        self.init(
            service: Service(folder: folder, dialect: configuration.dialect, region: configuration.region),
            verifier: SignatureVerifier(keys: keys, region: configuration.region, dialect: configuration.dialect), keys: keys,
            counters: counters, faults: faults, control: ControlPath(counters: counters, faults: faults), requestIDs: Generations(),
            logger: configuration.logger)
    }
}
