import Foundation
import ObjectStorage
import StoreServer

/// A server that speaks one of the dialects, on a folder of its own.
struct DialectServer {
    private let server: StoreServer
    private let folder: URL

    /// With `knowsOldSignaturesOnly` as OBS was before it had a signature of its own; with `pieces` an object takes no more appends.
    init(_ service: String, knowsOldSignaturesOnly: Bool = false, pieces: Int? = nil) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-dialect-\(UUID().uuidString)")
        var dialect = Dialect(Dialect.ServiceName(rawValue: service) ?? .s3)
        if knowsOldSignaturesOnly { dialect.schemes.remove(.obs) }
        if let pieces { dialect.limits.parts = pieces }
        server = try await StoreServer.start(
            StoreServer.Configuration(folder: folder.path, accessKey: "key", secretKey: "secret", dialect: dialect))
    }

    var port: Int { server.port }
    var endpoint: String { server.endpoint }

    func fail(_ operation: String, status: Int) throws {
        server.setFaults([FaultRule(.error(status: status, code: "InternalError"), operations: Operation(rawValue: operation).map { [$0] })])
    }

    func end() async {
        await server.stop()
        try? FileManager.default.removeItem(at: folder)
    }
}
