import CFuse3
package import FileSystemTypes
import Glibc
package import Logging
import Synchronization
import Threads

/// One mounted file system: `init`, `mount`, `run`, in this order, and `unmount` or `abandon` from another thread.
///
/// No signal handlers are installed: the program decides what a signal means and calls `unmount`. All methods block;
/// none may be called from the cooperative pool.
@safe package final class FuseSession: @unchecked Sendable {  // `raw` is libfuse's, which locks it; the rest is under `state`
    struct State {
        var loop: pthread_t?
        var isDestroyed = false
    }

    let bridge: Bridge
    let raw: OpaquePointer
    let state = Mutex(State())

    /// Parses the options and starts the threads for operations that wait; nothing is mounted yet.
    ///
    /// A daemon forks first: threads do not survive fork(2).
    package init(options: MountOptions, fileSystem: any FileSystem, logger: Logger) throws(FuseError) {
        let executor: BlockingExecutor
        do throws(ThreadError) {
            executor = try BlockingExecutor(name: "fuse-wait", threads: options.maxThreads)
        } catch {
            throw .noThreads(reason: error.description)
        }
        LibfuseLog.send(to: logger)
        bridge = Bridge(fileSystem: fileSystem, executor: executor, options: options, logger: logger)
        guard let raw = unsafe Self.makeSession(options, bridge) else {
            executor.stop()
            throw .invalidOption(reason: LibfuseLog.takeReason(or: "unknown option"))
        }
        unsafe self.raw = raw
    }

    deinit {
        destroy()
    }

    /// Connects the mount point to this process. Programs that use it wait until `run` answers.
    package func mount() throws(FuseError) {
        let path = bridge.options.mountPoint
        guard unsafe fuse_session_mount(raw, path) == 0 else {
            throw .mountFailed(path: path, reason: LibfuseLog.takeReason(or: "fusermount3 refused"))
        }
        if bridge.fileSystem.clearsSetID, unsafe !SetIDClearing.install(raw) {
            throw .mountFailed(path: path, reason: LibfuseLog.takeReason(or: "libfuse does not let messages pass"))
        }
        ReadAhead.set(bridge.options.readAheadKiB, at: path, bridge.logger)
    }

    /// Serves the mount until it is unmounted, then lets the operations in flight end and gives everything back.
    ///
    /// `onReady` is called once, on another thread, when the kernel has opened the conversation.
    package func run(onReady: @escaping @Sendable () -> Void) throws(FuseError) {
        LoopWaker.prepare()
        try startNotifier()
        bridge.whenReady(onReady)
        state.withLock { $0.loop = pthread_self() }
        let result = runLoop()
        state.withLock { $0.loop = nil }
        destroy()
        if result < 0 { throw .loopFailed(code: result) }
    }

    private func startNotifier() throws(FuseError) {
        do throws(ThreadError) {
            try unsafe bridge.notifier.start(raw)
        } catch {
            throw .noThreads(reason: error.description)
        }
    }

    private func runLoop() -> Int32 {
        let configuration = unsafe fuse_loop_cfg_create()
        defer { unsafe fuse_loop_cfg_destroy(configuration) }
        let threads = UInt32(bridge.options.maxThreads)
        unsafe fuse_loop_cfg_set_max_threads(configuration, threads)
        unsafe fuse_loop_cfg_set_idle_threads(configuration, threads)
        unsafe fuse_loop_cfg_set_clone_fd(configuration, bridge.options.cloneDevice ? 1 : 0)
        return unsafe cfuse3_session_loop_mt(raw, configuration)
    }

    /// Drops the next answer to `operation` instead of sending it: what tests use to see that the caller gets EIO.
    package func dropNextReply(to operation: String) {
        bridge.dropReply(to: operation)
    }

    private static func makeSession(_ options: MountOptions, _ bridge: Bridge) -> OpaquePointer? {
        var arguments = unsafe fuse_args()
        defer { unsafe fuse_opt_free_args(&arguments) }
        for argument in options.arguments {
            guard unsafe fuse_opt_add_arg(&arguments, argument) == 0 else { return nil }
        }
        var table = Callbacks.table()
        let userData = unsafe Unmanaged.passRetained(bridge)
        let raw = unsafe fuse_session_new(&arguments, &table, MemoryLayout<fuse_lowlevel_ops>.size, userData.toOpaque())
        if unsafe raw == nil { unsafe userData.release() }
        return unsafe raw
    }
}
