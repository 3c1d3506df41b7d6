import ArgumentParser
import Control
import FileSystemTypes
import FuseBridge
import Logging
import Reports
import Synchronization
import Threads
import Volume

/// Ends a mount so that nothing is lost: everything written is stored before the process goes.
final class Shutdown: Sendable {
    private let session: FuseSession
    private let volume: Volume
    private let record: MountRecord
    private let control: MountControl
    private let server: ControlServer?
    private let logger: Logger
    /// What could not be stored so far.
    private let failed = Mutex<[String: String]>([:])

    init(session: FuseSession, volume: Volume, record: MountRecord, control: MountControl, logger: Logger) {
        self.session = session
        self.volume = volume
        self.record = record
        self.control = control
        self.logger = logger
        server = control.listen(logger)
    }

    /// SIGINT or SIGTERM came: unmounts, also when files are open.
    func begin(_ signal: Int32) {
        logger.notice("unmounting after signal \(signal)")
        drain()
        do throws(FuseError) {
            try session.unmount()
        } catch {
            logger.warning("\(error); detaching it, programs that still use it will see errors")
            session.abandon()
        }
    }

    /// The mount is gone, by whichever way. Fails when something could not be stored.
    func finish() throws {
        drain()
        let remaining = remaining()
        for outcome in remaining { logger.error("\(outcome.key) is not in the store: \(outcome.text)") }
        close(remaining)
        record.remove()
        if !remaining.isEmpty { throw ExitCode(1) }
    }

    /// Gives up the socket, whatever has been before. A second call does nothing.
    func close() {
        close([])
    }

    private func close(_ remaining: [FileOutcome]) {
        control.end(server, remaining: remaining)
    }

    private func drain() {
        let watch = ProgressWatch { [volume, record] in
            let pending = volume.pending
            record.write(files: pending.files, bytes: pending.bytes)
        }
        defer { watch.stop() }
        let tried = volume.fileReports().map(\.key)
        let outcome = waiting { [volume] in await volume.drain() }
        failed.withLock { failed in
            // What has been given up before stays in the list, what is tried again does not.
            for key in tried { failed[key] = nil }
            for (key, reason) in outcome { failed[key] = reason }
        }
    }

    private func remaining() -> [FileOutcome] {
        failed.withLock { $0 }.sorted { $0.key < $1.key }.map { FileOutcome(key: $0.key, text: $0.value, isFailure: true) }
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
