import BlockCache
import Control
import Credentials
import FileSystemTypes
import Foundation
import Glibc
import Logging
import Logs
import ObjectStorage
import Recovery
import RemoteStore
import Reports
import Requests
import Staging
import Threads
import Volume

/// Answers the commands that ask this mount, until it has ended.
final class MountControl: Sendable {
    /// What does not change while the mount lives.
    struct Identity: Sendable {
        let mountPoint: String
        let endpoint: String
        let bucket: String
        let prefix: String
        let isReadOnly: Bool
        let writesBack: Bool
        let client: StoreClient
        /// As `SettingsReport.options`.
        let options: [String]
    }

    private let identity: Identity
    private let volume: Volume
    private let gauges: Gauges
    private let log: LogSink
    private let state: StateFolder?
    let recovery: Recovery?
    private let began = Timestamp.now
    /// What remained when the mount ended; nil until then.
    private let remains = Monitor<[FileOutcome]?>(nil)

    init(_ identity: Identity, _ volume: Volume, _ gauges: Gauges, _ log: LogSink, _ state: StateFolder?, _ recovery: Recovery?) {
        self.identity = identity
        self.volume = volume
        self.gauges = gauges
        self.log = log
        self.state = state
        self.recovery = recovery
    }

    /// Listens for commands. Without a socket the mount works all the same.
    func listen(_ logger: Logger) -> ControlServer? {
        do throws(ControlError) {
            try RuntimeFolder.make()
            let server = try ControlServer(RuntimeFolder.socket(of: identity.mountPoint)) { await self.answer($0, $1) }
            ControlLink.make(in: state?.path, to: server.path)
            return server
        } catch {
            logger.warning("`windlass status` cannot ask this mount: \(error)")
            return nil
        }
    }

    /// The mount has ended: whoever waits for that is told what remained.
    func end(_ server: ControlServer?, remaining: [FileOutcome]) {
        remains.changeForAll { $0 = remaining }
        server?.stop()
        ControlLink.remove(in: state?.path)
        recovery?.close()
    }

    // MARK: Requests

    private func answer(_ request: ControlRequest, _ reply: ControlReply) async {
        do throws(StateError) {
            switch request.command {
            case .status:
                var answer = ControlAnswer()
                answer.status = try await status()
                await reply.send(answer)
            case .sync: await sync(reply)
            case .ending: await waitForEnd(reply)
            case .list: for kept in try await requiredRecovery().list() { guard await reply.send(ControlAnswer(kept)) else { return } }
            case .retry: try await recover(.retry, request, reply)
            case .keepBoth: try await recover(.keepBoth, request, reply)
            case .discard: try await recover(.discard, request, reply)
            case .acknowledge: try await recover(.acknowledge, request, reply)
            case .export: try await export(request, reply)
            case .dropCache: await reply.send(ControlAnswer(await dropCache()))
            case .refresh: await reply.send(ControlAnswer(await refresh(request)))
            case .logLevel: await reply.send(ControlAnswer(setLogLevel(request)))
            }
        } catch {
            await reply.send(ControlAnswer(error: error.message))
        }
    }

    private func requiredRecovery() throws(StateError) -> Recovery {
        guard let recovery else { throw StateError(.unusable(.readOnly), "\(identity.mountPoint) is mounted read-only and keeps nothing") }
        return recovery
    }

    private func recover(_ action: RecoveryAction, _ request: ControlRequest, _ reply: ControlReply) async throws(StateError) {
        try await requiredRecovery().run(action, keys: request.keys) { await reply.send(ControlAnswer($0)) }
    }

    /// Into the mount itself nothing is exported: that would be written by the process that waits for it.
    private func export(_ request: ControlRequest, _ reply: ControlReply) async throws(StateError) {
        guard let folder = request.folder, folder.hasPrefix("/") else { throw StateError(.failed(.invalidArgument), "no folder was named") }
        guard !(folder + "/").hasPrefix(identity.mountPoint + "/") else {
            throw StateError(.failed(.invalidArgument), "\(folder) lies in the mount itself; choose a folder on another disk")
        }
        try await recover(.export(folder), request, reply)
    }

    private func sync(_ reply: ControlReply) async {
        for outcome in await volume.sync({ await reply.send(ControlAnswer($0)) }) {
            guard await reply.send(ControlAnswer(outcome)) else { return }
        }
    }

    private func waitForEnd(_ reply: ControlReply) async {
        while !Task.isCancelled {
            if let remaining = remains.change({ $0 }) {
                for outcome in remaining { await reply.send(ControlAnswer(outcome)) }
                return
            }
            let pending = volume.pending
            guard await reply.send(ControlAnswer(PendingReport(files: pending.files, bytes: pending.bytes))) else { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    // MARK: While it runs

    private func dropCache() async -> FileOutcome {
        let names = await volume.refresh([])
        guard let cache = gauges.cache else {
            return FileOutcome(key: "", text: "\(names) names are asked for again; the mount keeps no cache of what was read", isFailure: false)
        }
        guard await cache.clear() else {
            return FileOutcome(key: "", text: "the disk of the cache does not answer; it is emptied as soon as it does", isFailure: true)
        }
        return FileOutcome(key: "", text: "\(names) names are asked for again; the cache is empty", isFailure: false)
    }

    private func refresh(_ request: ControlRequest) async -> FileOutcome {
        let path = (request.path ?? []).compactMap { FileName($0) }
        guard path.count == request.path?.count else { return FileOutcome(key: "", text: "no path was named", isFailure: true) }
        let names = await volume.refresh(path)
        return FileOutcome(key: "", text: "\(names == 1 ? "1 name is" : "\(names) names are") asked for again", isFailure: false)
    }

    private func setLogLevel(_ request: ControlRequest) -> FileOutcome {
        guard let level = request.level.flatMap({ Logger.Level(rawValue: $0) }) else {
            return FileOutcome(key: "", text: "there is no such level", isFailure: true)
        }
        let before = log.level
        log.level = level
        return FileOutcome(key: "", text: "messages from \(level) on are logged; it was \(before)", isFailure: false)
    }

    // MARK: Status

    private var settings: SettingsReport {
        let client = identity.client
        return SettingsReport(
            dialect: "\(client.dialect)", signature: client.signature.rawValue, region: client.region,
            credentials: client.credentialsSource?.description, options: identity.options, logLevel: log.level.rawValue)
    }

    func status() async throws(StateError) -> MountStatus {
        var status = MountStatus(
            mountPoint: identity.mountPoint, endpoint: identity.endpoint, bucket: identity.bucket, prefix: identity.prefix, process: getpid(),
            version: Version.text, isReadOnly: identity.isReadOnly, writesBack: identity.writesBack, since: began.seconds,
            stateFolder: state?.path, memory: ProcessMemory.resident)
        status.settings = settings
        status.messages = log.recent.map { MessageReport(time: $0.time, level: $0.level.rawValue, text: $0.text) }
        status.inodes = volume.knownInodes
        let pending = volume.pending
        status.openFiles = volume.openFileCount
        status.pending = PendingReport(files: pending.files, bytes: pending.bytes)
        let files = volume.fileReports()
        status.files = Array(files.prefix(MountStatus.longestList))
        status.omittedFiles = files.count - status.files.count
        status.moves = volume.moveReports
        status.staging = volume.stagingUsage
        status.requests = MountStatus.Requests(gauges.gate.figures)
        status.cache = gauges.cache.map { CacheReport($0) }
        status.budget = MemoryReport(gauges.memory)
        if let state, let recovery {
            status.journal = MountStatus.Journal(try await state.journal.counts())
            let kept = try await recovery.list().filter { $0.state != .waiting && $0.state != .deletion }
            status.kept = Array(kept.prefix(MountStatus.longestList))
            status.omittedKept = kept.count - status.kept.count
        }
        return status
    }
}

extension MountStatus.Journal {
    fileprivate init(_ counts: JournalCounts) {
        self.init(
            waiting: counts.closed + counts.uploading + counts.writing, conflicts: counts.conflicts, failed: counts.failed,
            deletions: counts.deletions, conflictCopies: counts.conflictCopies)
    }
}

extension ControlAnswer {
    init(_ kept: KeptReport) {
        self.init()
        self.kept = kept
    }

    init(_ outcome: FileOutcome) {
        self.init()
        self.outcome = outcome
    }

    init(_ pending: PendingReport) {
        self.init()
        self.pending = pending
    }
}

/// What the kernel says of this process (proc(5), `statm`).
private enum ProcessMemory {
    /// In bytes; 0 where the kernel does not tell.
    static var resident: Int64 {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let words = text.split(separator: " ")
        guard words.count > 1, let pages = Int64(words[1]) else { return 0 }
        return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }
}
