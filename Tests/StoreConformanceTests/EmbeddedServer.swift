import Credentials
import FileSystemTypes
import Foundation
import StoreServer
import Synchronization

/// One embedded server for all tests of the process that speak to it in the same dialect, on a folder that goes with it.
struct EmbeddedServer: Sendable {
    static let keys = Credentials(accessKeyID: "conformance", secretAccessKey: "conformance-secret")
    private static let starting = Mutex<[EmbeddedDialect: Task<EmbeddedServer, any Error>]>([:])

    static func shared(_ dialect: EmbeddedDialect) async throws -> EmbeddedServer {
        let task = starting.withLock { tasks in
            let task = tasks[dialect] ?? Task { try await EmbeddedServer(dialect) }
            tasks[dialect] = task
            return task
        }
        return try await task.value
    }

    private let server: StoreServer

    private init(_ dialect: EmbeddedDialect) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-conformance-\(UUID().uuidString)")
        server = try await StoreServer.start(
            StoreServer.Configuration(
                folder: folder.path, accessKey: Self.keys.accessKeyID, secretKey: Self.keys.secretAccessKey, dialect: dialect.serverDialect))
        let path = folder.path
        Cleanup.atExit { try? FileManager.default.removeItem(atPath: path) }
    }

    var endpoint: String { server.endpoint }
    var port: Int { server.port }

    /// A token as IBM's identity service issues it.
    func token() -> BearerToken {
        let issued = server.keys.issueToken(now: .now)
        return BearerToken(
            issued.text, expiration: Timestamp(seconds: Timestamp.now.seconds + issued.lifetimeSeconds), serviceInstanceID: "windlass-instance")
    }
}

extension EmbeddedDialect {
    fileprivate var serverDialect: Dialect {
        var dialect = Dialect(Dialect.ServiceName(rawValue: service) ?? .s3)
        for quirk in quirks where !dialect.features.apply(quirk: quirk) { preconditionFailure("\(quirk) is no quirk") }
        if appends { dialect.append = .rgw }
        return dialect
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
