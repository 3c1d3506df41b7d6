import ArgumentParser
import FileSystemTypes
import FuseBridge
import Logging
import Synchronization
import Threads
import Volume

/// Ends a mount so that nothing is lost: everything written is stored before the process goes.
final class Shutdown: Sendable {
    private let session: FuseSession
    private let volume: Volume
    private let record: MountRecord
    private let logger: Logger

    init(session: FuseSession, volume: Volume, record: MountRecord, logger: Logger) {
        self.session = session
        self.volume = volume
        self.record = record
        self.logger = logger
    }

    /// SIGINT or SIGTERM came: unmounts, also when files are open.
    func begin(_ signal: Int32) {
        logger.notice("unmounting after signal \(signal)")
        report(drain())
        do throws(FuseError) {
            try session.unmount()
        } catch {
            logger.warning("\(error); detaching it, programs that still use it will see errors")
            session.abandon()
        }
    }

    /// The mount is gone, by whichever way. Fails when something could not be stored.
    func finish() throws {
        let failed = drain()
        record.remove()
        report(failed)
        if !failed.isEmpty { throw ExitCode(1) }
    }

    private func drain() -> [(key: String, reason: Errno)] {
        let watch = ProgressWatch { [volume, record] in
            let pending = volume.pending
            record.write(files: pending.files, bytes: pending.bytes)
        }
        defer { watch.stop() }
        return waiting { [volume] in await volume.drain() }
    }

    private func report(_ failed: [(key: String, reason: Errno)]) {
        for (key, reason) in failed { logger.error("\(key) could not be stored: \(reason)") }
    }
}

/// Calls a function a few times a second until it is stopped.
private final class ProgressWatch: Sendable {
    private let isStopped = Monitor(false)

    init(_ body: @escaping @Sendable () -> Void) {
        do throws(ThreadError) {
            try NamedThread.start("progress") { [isStopped] in
                while isStopped.wait(atMost: .milliseconds(200), { $0 ? true : nil }) == nil { body() }
            }.detach()
        } catch {
            // Without the thread there is no progress to see; the work goes on.
            body()
        }
    }

    func stop() {
        isStopped.changeForAll { $0 = true }
    }
}
