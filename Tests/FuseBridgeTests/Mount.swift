import FileSystemTypes
import FuseBridge
import Glibc
import Logging
import Synchronization
import Testing
import Threads

/// The tests that mount. One after the other: they open files in their own mounts and start programs, which inherit those.
@Suite(.serialized) enum MountedTests {}

/// A file system mounted for one test in a temporary folder.
final class Mount: Sendable {
    let path: String
    let session: FuseSession
    private let ended = Monitor<String?>(nil)

    /// Nil where mounting works here; else why the tests that mount are skipped.
    static let obstacle: String? = {
        do throws(FuseError) {
            let folder = Mount.makeFolder()
            defer { unsafe rmdir(folder) }
            _ = try MountPoint.check(folder)
            return nil
        } catch {
            print("tests that mount are skipped: \(error)")
            return "\(error)"
        }
    }()

    /// Mounts, runs `body` on a thread of its own, and unmounts. A watchdog detaches a mount that is still there after `limit`, so
    /// that no system call hangs.
    static func with<Result: Sendable>(
        _ fileSystem: any FileSystem, limit: Duration = .seconds(60), configure: (inout MountOptions) -> Void = { _ in },
        _ body: @escaping @Sendable (Mount) throws -> Result
    ) async throws -> Result {
        var options = MountOptions(mountPoint: makeFolder(), fsName: "windlass:test/with, comma")
        configure(&options)
        return try await OwnThread.run { [options] in
            let mount = try Mount(options, fileSystem)
            let watchdog = mount.watch(limit)
            defer {
                mount.end()
                watchdog.join()
                unsafe rmdir(options.mountPoint)
            }
            return try body(mount)
        }
    }

    init(_ options: MountOptions, _ fileSystem: any FileSystem) throws {
        path = options.mountPoint
        session = try FuseSession(options: options, fileSystem: fileSystem, logger: Logger(label: "test"))
        try session.mount()
        let ready = Monitor(false)
        let (session, ended) = (session, ended)
        try NamedThread.start("fuse-loop") {
            let result: String
            do throws(FuseError) {
                try session.run { ready.changeForAll { $0 = true } }
                result = "ended"
            } catch {
                result = "\(error)"
            }
            ended.changeForAll { $0 = result }
        }.detach()
        guard ready.wait(atMost: .seconds(10), { $0 ? true : nil }) != nil else { throw Errno.timedOut }
    }

    /// How `run` ended, nil if it has not within `limit`.
    func waitForEnd(_ limit: Duration = .seconds(10)) -> String? {
        ended.wait(atMost: limit) { $0 }
    }

    /// Unmounts, lazily when something is still open there after a while.
    ///
    /// A child that is being spawned holds copies of all descriptors until its exec, also those of files in this mount: giving
    /// up while it closes them would leave it waiting for an answer, on a connection that it keeps open itself.
    func end() {
        let isUnmounted = eventually(within: .seconds(5)) { (try? session.unmount()) != nil }
        if !isUnmounted || waitForEnd() == nil { session.abandon() }
    }

    private func watch(_ limit: Duration) -> NamedThread {
        let (ended, session) = (ended, session)
        do throws(ThreadError) {
            return try NamedThread.start("watchdog") {
                if ended.wait(atMost: limit, { $0 }) == nil { session.abandon() }
            }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    static func makeFolder() -> String {
        var template = Array("/tmp/fusebridge-XXXXXX".utf8CString)
        guard let path = unsafe mkdtemp(&template) else { preconditionFailure("cannot make a temporary folder") }
        return unsafe String(cString: path)
    }
}

/// Blocking calls in a test, kept off the cooperative pool.
enum OwnThread {
    private static let executor: BlockingExecutor? = try? BlockingExecutor(name: "test-posix", threads: 8)

    static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        let executor = try #require(executor)
        return try await Task(executorPreference: executor) { try body() }.value
    }
}
