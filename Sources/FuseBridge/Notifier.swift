import CFuse3
import FileSystemTypes
import Glibc
import Logging
import Synchronization
import Threads

/// Sends notifications to the kernel, one after the other, on a thread of its own.
///
/// Sending may block on locks in the kernel that requests hold, so no thread that answers requests does it, and none waits for it
/// but the one that ends the session.
final class Notifier: KernelNotifier {
    private let queue = Monitor(NotificationQueue())
    private let logger: Logger
    private let knowsPruning = Atomic<Bool>(false)

    init(logger: Logger) {
        self.logger = logger
    }

    var prunes: Bool { knowsPruning.load(ordering: .relaxed) }

    /// Called from INIT, with the minor version of the protocol that the kernel offers.
    func agree(_ minor: UInt32) {
        knowsPruning.store(Pruning.isKnown(minor), ordering: .relaxed)
    }

    func notify(_ notification: KernelNotification) -> Bool {
        queue.change { $0.add(notification) }
    }

    func store(_ bytes: Bytes, of inode: Inode, at offset: Int64) -> Bool {
        guard offset >= 0, !bytes.isEmpty else { return false }
        return queue.change { $0.add(bytes, inode, offset) }
    }

    /// Starts the thread. `session` must live until `waitForEnd` has given true.
    func start(_ session: OpaquePointer) throws(ThreadError) {
        let channel = unsafe NotificationChannel(session)
        queue.change { $0.serve() }
        do throws(ThreadError) {
            try NamedThread.start("fuse-notify") { self.serve(channel) }.detach()
        } catch {
            disarm()
            _ = queue.change { $0.next() }
            throw error
        }
    }

    /// Nothing more is sent but what is being sent just now.
    func disarm() {
        queue.changeForAll { $0.disarm() }
    }

    /// Whether the thread has ended, within `limit` after `disarm`. A notification on its way ends when the requests are answered, or
    /// the connection aborted, whose locks it waits for.
    func waitForEnd(_ limit: Duration) -> Bool {
        queue.wait(atMost: limit) { $0.isServed ? nil : true } ?? false
    }

    private func serve(_ channel: NotificationChannel) {
        while case .send(let item) = queue.wait({ $0.next() }) {
            let result = channel.send(item)
            // The kernel has forgotten the inode or the name, or the mount is going: nothing is left to correct.
            if result != 0, result != -ENOENT, result != -ENOTDIR, result != -ENODEV {
                logger.debug("a notification was refused", metadata: ["reason": "\(Errno(-result))"])
            }
        }
        queue.changeForAll { _ in }
    }
}
