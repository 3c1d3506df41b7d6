import CFuse3
import Glibc
import Logging
import Synchronization
import Threads

extension FuseSession {
    /// How long operations get to notice that nobody waits for them any more.
    private static let drainLimit = Duration.seconds(10)
    /// How long a notification on its way gets before its mount is abandoned.
    private static let notificationLimit = Duration.seconds(2)

    /// Ends the mount as umount(8) does; `run` returns then. Throws `busy` while files in it are open.
    package func unmount() throws(FuseError) {
        try Unmounting.unmount(bridge.options.mountPoint)
    }

    /// Takes the mount out of the tree at once, whoever uses it, and ends `run`. Open files in it answer errors from then on.
    ///
    /// As root, or where fusectl is mounted, the kernel drops what waits for answers at once; elsewhere when `run` has ended. Waits a few
    /// seconds at most for the threads of `run` to leave the kernel.
    package func abandon() {
        let path = bridge.options.mountPoint
        let connection = MountTable.topmost(at: path)?.connection
        bridge.notifier.disarm()
        do throws(FuseError) {
            try Unmounting.abort(path)
        } catch {
            bridge.logger.error("\(error)")
        }
        freeNotifier()
        state.withLock { state in
            if !state.isDestroyed { unsafe fuse_session_exit(raw) }
        }
        bridge.interrupts.cancelAll()
        if let connection, !FileText.write("1", to: connection + "/abort") {
            bridge.logger.debug("cannot abort the connection: fusectl is not mounted", metadata: ["path": "\(connection)"])
        }
        LoopWaker.wake { wake in
            self.state.withLock { state in
                if let loop = state.loop { wake(loop) }
                return state.loop == nil
            }
        }
    }

    /// A notification on its way waits for requests to be answered, which are answered only while `run` runs.
    private func freeNotifier() {
        let deadline = ContinuousClock.now + Self.notificationLimit
        while !bridge.notifier.waitForEnd(.milliseconds(20)), ContinuousClock.now < deadline { bridge.interrupts.cancelAll() }
    }

    /// Gives everything back. While operations are in flight the session stays: their answers still go through it.
    func destroy() {
        let isFirst = state.withLock { state in
            defer { state.isDestroyed = true }
            return !state.isDestroyed
        }
        guard isFirst else { return }
        bridge.notifier.disarm()
        guard drain(), bridge.notifier.waitForEnd(Self.drainLimit) else {
            return bridge.logger.error(
                "operations or notifications did not end; their session is left behind",
                metadata: ["operations": "\(bridge.inFlight.load(ordering: .acquiring))"])
        }
        unsafe fuse_session_unmount(raw)
        unsafe fuse_session_destroy(raw)
        unsafe Unmanaged.passUnretained(bridge).release()
        bridge.executor.stop()
    }

    /// Cancels what is in flight and waits for it; false when the time is up.
    private func drain() -> Bool {
        let deadline = ContinuousClock.now + Self.drainLimit
        while bridge.inFlight.load(ordering: .acquiring) > 0 {
            guard ContinuousClock.now < deadline else { return false }
            bridge.interrupts.cancelAll()
            usleep(5_000)
        }
        return true
    }
}
