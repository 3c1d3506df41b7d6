import ArgumentParser
import Glibc
import Logging
import StoreServer
import Threads

/// The command line of the embedded store.
@main
struct WindlassStore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "windlass-store",
        abstract: "Serves buckets from a folder over the S3 protocol, for trying Windlass out and for tests.",
        discussion: """
            This is not a production store: nothing is synced to the disk, and there is one account.

            The keys are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment. Without them a pair is made up once and kept in \
            DIR/credentials, readable by the owner only.
            """)

    @Argument(help: ArgumentHelp("Where the buckets are; created where there is nothing.", valueName: "dir"))
    var folder: String

    @Option(help: "The port to listen on; 0 takes a free one.")
    var port = 9710

    @Option(help: "The address to listen on. Any other than loopback opens the store to the network, without encryption.")
    var host = "127.0.0.1"

    @Option(help: "The region that requests must be signed for.")
    var region = "us-east-1"

    @Option(help: "Whose manners it has: obs (Huawei), cos (IBM), oos (CTYun) or s3.")
    var dialect = Dialect.ServiceName.s3

    @Option(name: .customLong("quirk"), help: "Can be given several times: \(StoreFeatures.quirks). See docs/STORE.md.")
    var quirks: [String] = []

    @Option(help: "How objects can be appended to: post, rgw or offset. Without it as the dialect has it.")
    var append: Dialect.AppendForm?

    @Flag(help: "OBS as it was before it had a signature of its own: it knows those of S3 only, and does not announce its version.")
    var oldSignatures = false

    @Option(
        help: ArgumentHelp("Serves the metadata and token services of the clouds on this port of 127.0.0.1; 0 takes a free one.", valueName: "port"))
    var metadataPort: Int?

    @Option(help: "For how many seconds keys and tokens last that those services give out.")
    var credentialLifetime: Int64 = 3600

    @Option(help: "What a workload must show to the token services.")
    var identityToken = "windlass-identity"

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level knows trace, debug, info, notice, warning, error, critical")
        }
        for quirk in quirks {
            var features = StoreFeatures.s3
            guard features.apply(quirk: quirk) else { throw ValidationError("--quirk knows \(StoreFeatures.quirks), not \(quirk)") }
        }
        guard !folder.isEmpty else { throw ValidationError("the folder must have a name") }
        guard (0...65535).contains(metadataPort ?? 0) else { throw ValidationError("--metadata-port must be 0 to 65535") }
        guard credentialLifetime >= 1 else { throw ValidationError("--credential-lifetime must be 1 or more") }
        guard !oldSignatures || dialect == .obs else { throw ValidationError("--old-signatures is for the dialect obs only") }
        guard !region.isEmpty else { throw ValidationError("--region must not be empty") }
    }

    func run() throws {
        do {
            try serve()
        } catch let error as ExitCode {
            throw error
        } catch {
            let line = "windlass-store: \(error)\n"
            _ = unsafe write(STDERR_FILENO, line, line.utf8.count)
            throw ExitCode(1)
        }
    }

    /// The dialect with what the options change of it.
    private var spoken: Dialect {
        var result = Dialect(dialect)
        if let append { result.append = append }
        if oldSignatures { result.schemes.remove(.obs) }
        for quirk in quirks { _ = result.features.apply(quirk: quirk) }
        return result
    }

    private func serve() throws {
        let signals = SignalWait([SIGINT, SIGTERM])
        var logger = Logger(label: "windlass-store") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        let (keys, origin) = try KeyPair.find(folder: folder)
        let configuration = configuration(keys, logger)
        let server = try Self.waiting { try await StoreServer.start(configuration) }
        server.keys.lifetimeSeconds = credentialLifetime
        logger.notice("this is not a production store; keys: \(origin)")
        print("windlass-store: listening on \(server.endpoint) (data in \(folder))")
        if let metadata = server.metadataEndpoint { print("windlass-store: metadata services on \(metadata)") }
        fflush(nil)
        signals.wait()
        try Self.waiting { await server.stop() }
    }

    private func configuration(_ keys: KeyPair, _ logger: Logger) -> StoreServer.Configuration {
        var configuration = StoreServer.Configuration(
            folder: folder, host: host, port: port, accessKey: keys.accessKey, secretKey: keys.secretKey, region: region, dialect: spoken,
            logger: logger)
        configuration.metadataPort = metadataPort
        configuration.apiKey = keys.apiKey
        configuration.identityToken = identityToken
        return configuration
    }

    /// The main thread is nobody's but this program's, and may block.
    private static func waiting<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
        let outcome = Monitor<Result<Value, any Error>?>(nil)
        Task {
            let result: Result<Value, any Error>
            do {
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
            outcome.changeForAll { $0 = result }
        }
        return try outcome.wait { $0 }.get()
    }
}

extension Dialect.ServiceName: ExpressibleByArgument {}
extension Dialect.AppendForm: ExpressibleByArgument {}
