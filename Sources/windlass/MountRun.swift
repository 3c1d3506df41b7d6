import BlockCache
import FileSystemTypes
import Foundation
import FuseBridge
import Glibc
import Logging
import Logs
import MetadataCache
import ObjectStorage
import Reading
import Recovery
import RemoteStore
import Requests
import Staging
import Threads
import Volume

/// One mount from the first check to the last byte stored.
struct MountRun {
    private let command: MountCommand
    private let log: LogSink
    private let logger: Logger
    private let parent: Daemon.Parent?
    private let crash: CrashPoint?
    private let gate: RequestGate

    init(_ command: MountCommand) throws {
        self.command = command
        gate = RequestGate(command.requests.scheduling)
        crash = try CrashPoint.wanted(in: ProcessInfo.processInfo.environment)
        parent = Daemon.parent()
        log = try command.log.sink(inBackground: parent != nil)
        logger = log.logger("windlass")
    }

    func run() throws {
        // Before the first thread is started: all of them leave these signals to the one that waits for them.
        let signals = SignalWatch()
        let manager = ServiceManager.present()
        let mountPoint = try checkedMountPoint()
        let metrics = try command.metrics.export(logger)
        defer { metrics?.stop() }
        let client = try command.connection.client(
            command.address, maximumConnections: command.requests.maximumConnections, logger: logger)
        let remote = RemoteStore(client, bucket: command.address.bucket)
        try checkBucket(remote, client)
        try command.earlier.check(client, command.address.bucket, logger: logger)
        if let source = client.credentialsSource { logger.info("using \(source)") }
        let (state, left) = try openState(client)
        defer { try? state?.close() }
        let bucket = capable(client)
        let store = command.earlier.view(of: reliable(bucket))
        let metadata = command.freshness.openCache(
            client, command.address.bucket, store.capabilities, ofEarlier: command.earlier.isWanted, logger: logger)
        defer { metadata?.close() }
        let memory = command.reading.memory()
        let cache = try command.caching.open(memory, logger)
        defer { if let cache { waiting { await cache.close() } } }
        let reading = ReadEngine(
            store, ahead: store.view(.readAhead), options: command.reading.readOptions, memory: memory, cache: cache,
            bucket: "\(client.endpoint.description)/\(command.address.bucket)", logger: logger)
        let volume = Volume(
            store, services: command.earlier.isWanted ? nil : bucket, options: command.volumeOptions(), state: state, reading: reading,
            metadata: metadata, logger: logger)
        if let left { try resume(volume, left) }
        let session = try makeSession(volume, mountPoint)
        let record = MountRecord(mountPoint: mountPoint)
        let control = try makeControl(mountPoint, client, store, volume, Gauges(gate: gate, memory: memory, cache: cache), state)
        metrics?.begin(control)
        let shutdown = Shutdown(session: session, volume: volume, record: record, control: control, logger: logger)
        defer { shutdown.close() }
        signals.onFirst { [log, logger] in
            Self.renew(log, client, logger)
        } _: {
            manager?.stopping()
            shutdown.begin($0)
        }
        try serve(session, mountPoint, manager)
        manager?.stopping()
        try shutdown.finish()
    }

    private func checkedMountPoint() throws -> String {
        do throws(FuseError) {
            return try MountPoint.check(command.directory)
        } catch {
            throw Failure(error.description)
        }
    }

    /// A wrong name, key or address is told now and not by the first file.
    private func checkBucket(_ remote: RemoteStore, _ client: StoreClient) throws {
        var policy = RetryPolicy.brief
        policy.maximumAttempts = min(policy.maximumAttempts, command.connection.retryPolicy.maximumAttempts)
        let store = RetryingStore(remote, policy: policy, logger: logger)
        let request = ListRequest(prefix: command.volumeOptions().prefix, maximumKeys: 1)
        let outcome = waiting { () async -> StoreError? in
            do throws(StoreError) {
                _ = try await store.list(request)
                return nil
            } catch {
                return error
            }
        }
        if let outcome { throw client.failure(outcome, bucket: command.address.bucket) }
    }

    /// The bucket with all that its store is found to be able to do.
    private func capable(_ client: StoreClient) -> RemoteStore {
        RemoteStore(
            client, bucket: command.address.bucket, capabilities: CapabilityFinding(client, command, logger: logger).capabilities())
    }

    private func reliable(_ remote: RemoteStore) -> any ObjectStore {
        let policy = command.connection.retryPolicy
        guard let crash else { return remote.scheduled(by: gate, policy: policy, logger: logger) }
        return CrashingStore(base: remote, point: crash).scheduled(by: gate, policy: policy, logger: logger)
    }

    /// What this machine keeps for the mount; nothing for one that allows no changes.
    private func openState(_ client: StoreClient) throws -> (StateFolder?, Recovered?) {
        guard !command.allowsNoChanges else { return (nil, nil) }
        let identity = MountIdentity(
            endpoint: client.endpoint.description, bucket: command.address.bucket, prefix: command.volumeOptions().prefix)
        let (state, left) = try command.writing.openState(identity, crash)
        return (state, left)
    }

    /// A rename of a folder that is half done is not to be seen: without an end to it there is no mount.
    private func resume(_ volume: Volume, _ left: Recovered) throws {
        let failure = waiting { () async -> Errno? in
            do throws(Errno) {
                try await volume.resume(left)
                return nil
            } catch {
                return error
            }
        }
        guard let failure else { return }
        throw Failure(
            "a rename of a folder that the mount before has begun can be neither finished nor taken back (\(failure)): see the log for the "
                + "reason, and mount again, or look at the bucket with --read-only")
    }

    private func makeControl(
        _ mountPoint: String, _ client: StoreClient, _ store: any ObjectStore, _ volume: Volume, _ gauges: Gauges, _ state: StateFolder?
    ) throws -> MountControl {
        let options = command.volumeOptions()
        let identity = MountControl.Identity(
            mountPoint: mountPoint, endpoint: client.endpoint.description, bucket: command.address.bucket.text, prefix: options.prefix.description,
            isReadOnly: options.isReadOnly, writesBack: options.writesBack, client: client, options: GivenOptions.shown(Invocation.arguments))
        do throws(ThreadError) {
            let recovery: Recovery? = if let state { try Recovery(store, state, isMounted: true, logger: logger) } else { nil }
            return MountControl(identity, volume, gauges, log, state, recovery)
        } catch {
            throw Failure(error.description)
        }
    }

    private func makeSession(_ volume: Volume, _ mountPoint: String) throws -> FuseSession {
        do throws(FuseError) {
            let session = try FuseSession(options: command.mountOptions(at: mountPoint), fileSystem: volume, logger: logger)
            try session.mount()
            return session
        } catch {
            throw Failure(error.description)
        }
    }

    /// For SIGHUP: the log file may have been renamed, and the keys changed.
    private static func renew(_ log: LogSink, _ client: StoreClient, _ logger: Logger) {
        do throws(LogSink.Failure) {
            try log.reopen()
            logger.notice("the log is opened again, and credentials are looked for again")
        } catch {
            logger.warning("\(error)")
        }
        client.rereadCredentials()
    }

    /// Until the mount has ended. Once it answers the kernel, the parent of a daemon is told, and the terminal is let go.
    private func serve(_ session: FuseSession, _ mountPoint: String, _ manager: ServiceManager?) throws {
        do throws(FuseError) {
            try session.run { [parent, logger] in
                logger.info("mounted at \(mountPoint)")
                manager?.ready(mountPoint, logger)
                parent?.tellReady()
            }
        } catch {
            throw Failure(error.description)
        }
    }
}
