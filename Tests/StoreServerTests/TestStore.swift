import Glibc
import StoreServer

/// A server on a folder of its own, with one bucket named `bkt`.
struct TestStore {
    let folder: String
    let dialect: Dialect
    var server: StoreServer
    var client: TestClient { TestClient(port: server.port) }

    /// Runs `body` with a new store, and removes it afterwards.
    static func with(seed: UInt64 = 1, dialect: Dialect = .s3, _ body: (inout TestStore) async throws -> Void) async throws {
        let folder = "/tmp/windlass-store-test-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        var store = TestStore(folder: folder, dialect: dialect, server: try await start(folder, dialect, seed: seed))
        defer { remove(folder) }
        do {
            _ = try await store.client.send("PUT", "/bkt")
            store.server.resetCounters()
            try await body(&store)
        } catch {
            await store.server.stop()
            throw error
        }
        await store.server.stop()
    }

    /// On a port below those that outgoing connections take, so that it is still free when the server comes back to it.
    private static func start(_ folder: String, _ dialect: Dialect, seed: UInt64) async throws -> StoreServer {
        for _ in 0..<50 {
            if let server = try? await start(folder, dialect, port: Int.random(in: 10_000..<32_000), seed: seed) { return server }
        }
        return try await start(folder, dialect, port: 0, seed: seed)
    }

    private static func start(_ folder: String, _ dialect: Dialect, port: Int, seed: UInt64 = 1) async throws -> StoreServer {
        try await StoreServer.start(
            StoreServer.Configuration(
                folder: folder, port: port, accessKey: TestClient.accessKey, secretKey: TestClient.secretKey, dialect: dialect,
                faultSeed: seed))
    }

    /// Stops the server and starts another on the same folder and port.
    mutating func restart() async throws {
        let port = server.port
        await server.stop()
        // A program that another test starts at this moment holds the socket until it has begun: the port is free soon after.
        for _ in 0..<100 {
            if let started = try? await Self.start(folder, dialect, port: port) {
                server = started
                return
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        server = try await Self.start(folder, dialect, port: port)
    }

    /// The paths of all regular files in the store's folder.
    var files: [String] { Self.files(below: folder) }

    private static func files(below path: String) -> [String] {
        guard let folder = unsafe opendir(path) else { return [path] }
        defer { unsafe closedir(folder) }
        var result: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name != ".", name != ".." { result += files(below: "\(path)/\(name)") }
        }
        return result
    }

    private static func remove(_ path: String) {
        guard let folder = unsafe opendir(path) else {
            unsafe unlink(path)
            return
        }
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name != ".", name != ".." { remove("\(path)/\(name)") }
        }
        unsafe closedir(folder)
        unsafe rmdir(path)
    }
}
