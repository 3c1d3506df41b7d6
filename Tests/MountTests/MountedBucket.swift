import Credentials
import FileSystemTypes
import Foundation
import FuseBridge
import HTTPTransport
import Logging
import ObjectStorage
import RemoteStore
import Staging
import StoreServer
import TestSupport
import Threads
import Volume

/// Everything there is, in one process: a bucket on the embedded server, mounted through the kernel.
final class MountedBucket: OperationDriver {
    let server: StoreServer
    let volume: Volume
    let path: String
    private let driver: DirectoryDriver
    private let session: FuseSession
    private let folder: URL
    private let state: StateFolder
    private let ended = Monitor(false)

    /// Nil where mounting works here; else why the tests that mount are skipped.
    static let obstacle: String? = {
        let probe = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-probe-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: probe) }
        do {
            try FileManager.default.createDirectory(at: probe, withIntermediateDirectories: true)
            _ = try MountPoint.check(probe.path)
            return nil
        } catch {
            print("tests that mount are skipped: \(error)")
            return "\(error)"
        }
    }()

    init(configure: (inout VolumeOptions) -> Void = { _ in }) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-mounted-\(UUID().uuidString)")
        for name in ["store", "staging", "mnt"] {
            try FileManager.default.createDirectory(at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        server = try await StoreServer.start(
            StoreServer.Configuration(folder: folder.appendingPathComponent("store").path, accessKey: "key", secretKey: "secret"))
        guard let endpoint = Endpoint(server.endpoint) else { throw Errno.invalidArgument }
        let client = StoreClient(
            StoreClient.Configuration(endpoint: endpoint, region: "us-east-1"), transport: HTTPTransport(),
            credentials: CredentialsChain([EnvironmentProvider(["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"])]), logger: logger)
        try await RemoteBuckets(client).createBucket(BucketName("bucket"))
        var options = VolumeOptions()
        configure(&options)
        let identity = MountIdentity(endpoint: server.endpoint, bucket: BucketName("bucket"), prefix: "")
        let base = folder.appendingPathComponent("staging").path
        state = try StateFolder.open(identity, base: base, options: StateFolder.Options(freeSpaceFloor: 0)).0
        let store = GuardedStore(RetryingStore(RemoteStore(client, bucket: BucketName("bucket")), logger: logger))
        volume = Volume(store, options: options, state: state, logger: logger)
        path = folder.appendingPathComponent("mnt").path
        driver = DirectoryDriver(top: path)
        session = try FuseSession(options: MountOptions(mountPoint: path, fsName: "windlass:bucket"), fileSystem: volume, logger: logger)
        try await serve()
    }

    private func serve() async throws {
        let ready = Monitor(false)
        let (session, ended) = (session, ended)
        try await OwnThread.run {
            try session.mount()
            try NamedThread.start("fuse-loop") {
                try? session.run { ready.changeForAll { $0 = true } }
                ended.changeForAll { $0 = true }
            }.detach()
            guard ready.wait(atMost: .seconds(10), { $0 ? true : nil }) != nil else { throw Errno.timedOut }
        }
    }

    func apply(_ operation: TestSupport.Operation) async -> Outcome { await driver.apply(operation) }
    func snapshot() async throws(Errno) -> TreeSnapshot { try await driver.snapshot() }

    /// Removes everything in the mount, as a program would.
    func empty() async throws {
        try await OwnThread.run { [path] in
            for name in try FileManager.default.contentsOfDirectory(atPath: path) {
                try FileManager.default.removeItem(atPath: path + "/" + name)
            }
        }
    }

    /// How many inodes are known once the kernel has told of all that it let go of: only the top, or what is left when the time is over.
    func inodesOnceForgotten(within limit: Duration) async -> Int {
        let end = ContinuousClock.now + limit
        while volume.knownInodes > 1, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(5)) }
        return volume.knownInodes
    }

    /// Unmounts; false when the mount was still in use and had to be detached.
    @discardableResult
    func end() async -> Bool {
        let (session, ended) = (session, ended)
        let clean =
            (try? await OwnThread.run {
                do throws(FuseError) {
                    try session.unmount()
                } catch {
                    session.abandon()
                }
                return ended.wait(atMost: .seconds(20)) { $0 ? true : nil } ?? false
            }) ?? false
        await server.stop()
        try? FileManager.default.removeItem(at: folder)
        return clean
    }
}

/// Blocking calls of a test, kept off the cooperative pool.
enum OwnThread {
    private static let executor: BlockingExecutor? = try? BlockingExecutor(name: "test-posix", threads: 8)

    static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        guard let executor else { throw Errno.noMemory }
        return try await Task(executorPreference: executor) { try body() }.value
    }
}
