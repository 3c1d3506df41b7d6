import CFuse3
import FileSystemTypes
import Logging
import Synchronization
import Threads

/// What the callbacks of one mount share. libfuse holds it as the session's user data.
///
/// Not generic: a C function pointer cannot capture a type.
final class Bridge: Sendable {
    let fileSystem: any FileSystem
    let executor: BlockingExecutor
    let logger: Logger
    let options: MountOptions
    let interrupts = InterruptTable()
    let notifier: Notifier
    /// Requests and releases that a task still works on.
    let inFlight = Atomic<Int>(0)
    /// Whether the next answer is that to INIT, for `SetIDClearing` to change.
    let changesInitReply = Atomic<Bool>(false)
    /// Set by a test, to see that an operation which never answers costs EIO and not a hung process.
    private let dropped = Mutex<String?>(nil)
    private let dropsReplies = Atomic<Bool>(false)
    private let onReady = Mutex<(@Sendable () -> Void)?>(nil)

    init(fileSystem: any FileSystem, executor: BlockingExecutor, options: MountOptions, logger: Logger) {
        self.fileSystem = fileSystem
        self.executor = executor
        self.options = options
        self.logger = logger
        notifier = Notifier(logger: logger)
    }

    /// The bridge of the session that `raw` came in on.
    static func of(_ raw: fuse_req_t) -> Bridge {
        unsafe of(userData: fuse_req_userdata(raw))
    }

    /// libfuse gives back what `fuse_session_new` was given.
    static func of(userData: UnsafeMutableRawPointer?) -> Bridge {
        guard let userData = unsafe userData else { preconditionFailure("libfuse lost the user data of its session") }
        return unsafe Unmanaged<Bridge>.fromOpaque(userData).takeUnretainedValue()
    }

    /// `action` runs once, when the kernel has sent INIT.
    func whenReady(_ action: @escaping @Sendable () -> Void) {
        onReady.withLock { $0 = action }
    }

    func becameReady() {
        guard let action = onReady.withLock({ $0.take() }) else { return }
        background { _ in action() }
    }

    /// Work that no request waits for.
    func background(_ work: @escaping @Sendable (any FileSystem) async -> Void) {
        inFlight.add(1, ordering: .relaxed)
        _ = Task(executorPreference: executor) {
            await work(self.fileSystem)
            self.inFlight.subtract(1, ordering: .releasing)
        }
    }

    func dropReply(to operation: String) {
        dropped.withLock { $0 = operation }
        dropsReplies.store(true, ordering: .releasing)
    }

    func mustDropReply(to operation: StaticString) -> Bool {
        guard dropsReplies.load(ordering: .relaxed), dropped.withLock({ $0 == operation.description }) else { return false }
        return dropsReplies.exchange(false, ordering: .relaxed)
    }
}
