import ArgumentParser
import Glibc
import Logging
import StoreServer

/// The command line of the embedded store.
@main
struct WindlassStore: AsyncParsableCommand {
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

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level knows trace, debug, info, notice, warning, error, critical")
        }
        guard !folder.isEmpty else { throw ValidationError("the folder must have a name") }
        guard !region.isEmpty else { throw ValidationError("--region must not be empty") }
    }

    func run() async throws {
        do {
            try await serve()
        } catch let error as ExitCode {
            throw error
        } catch {
            let line = "windlass-store: \(error)\n"
            _ = unsafe write(STDERR_FILENO, line, line.utf8.count)
            throw ExitCode(1)
        }
    }

    private func serve() async throws {
        let signals = SignalWait([SIGINT, SIGTERM])
        var logger = Logger(label: "windlass-store") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        let (keys, origin) = try KeyPair.find(folder: folder)
        let server = try await StoreServer.start(
            StoreServer.Configuration(
                folder: folder, host: host, port: port, accessKey: keys.accessKey, secretKey: keys.secretKey, region: region,
                dialect: Dialect(dialect), logger: logger))
        logger.notice("this is not a production store; keys: \(origin)")
        print("windlass-store: listening on \(server.endpoint) (data in \(folder))")
        fflush(nil)
        await signals.wait()
        await server.stop()
    }
}

extension Dialect.ServiceName: ExpressibleByArgument {}
