import FileSystemTypes
import Foundation
import Logging
import ObjectStorage
import PowerCutSupport
import Staging
import Synchronization
import TestSupport
import Volume

/// A volume over a bucket in memory, with limits small enough that little files go up in parts.
final class VolumeUnderTest: OperationDriver {
    /// What ends with the process.
    private struct Life: Sendable {
        let volume: Volume
        let driver: FileSystemDriver
        let state: StateFolder
        let faults: FaultingStore
        let disk: DiskUnderTest
    }

    /// How the volume ends between operations.
    enum Ending: Sendable {
        case never
        /// As a killed process does.
        case crash
        /// With all that was not brought to the disk; `without` a sync that is left out.
        case powerCut(without: PowerCutFiles.Omission?)
    }

    let bucket: MemoryBucket
    private let options: VolumeOptions
    private let plan: [Fault]
    private let seed: UInt64
    private let folder: URL
    private let life: Mutex<Life>
    private let ending: Ending
    private let crashes: Mutex<SeededGenerator>

    /// `ending`: the volume ends before some of the operations, and another takes over.
    init(
        ttl: Duration = .seconds(1), faults plan: [Fault] = [], seed: UInt64 = 1, capabilities: Capabilities = .memory, ending: Ending = .never,
        configure: (inout VolumeOptions) -> Void = { _ in }
    ) async throws {
        var limits = StoreLimits.s3
        limits.minimumPart = 1000
        bucket = MemoryStore(limits: limits, capabilities: capabilities, buckets: ["test"]).bucket("test")
        var options = VolumeOptions()
        options.metadataTTL = ttl
        options.partSize = 16 << 10
        configure(&options)
        self.options = options
        self.plan = plan
        self.seed = seed
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-volume-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.ending = ending
        crashes = Mutex(SeededGenerator(seed: seed))
        life = Mutex(try await Self.begin(bucket, options, plan, seed, folder, DiskUnderTest(ending, seed, folder)))
    }

    private static func begin(
        _ bucket: MemoryBucket, _ options: VolumeOptions, _ plan: [Fault], _ seed: UInt64, _ folder: URL, _ disk: DiskUnderTest
    ) async throws -> Life {
        let faults = FaultingStore(bucket, faults: plan, seed: seed)
        var policy = RetryPolicy()
        policy.firstDelay = .microseconds(10)
        policy.longestDelay = .microseconds(100)
        policy.maximumAttempts = 30
        let isLoud = ProcessInfo.processInfo.environment["WINDLASS_TEST_LOG"] != nil
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        if isLoud { logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) } }
        let identity = MountIdentity(endpoint: "memory", bucket: "test", prefix: options.prefix)
        let (state, left) = try disk.open(identity)
        let store = GuardedStore(RetryingStore(faults, policy: policy, logger: logger))
        let volume = Volume(store, options: options, state: state, logger: logger)
        try await volume.resume(left)
        return Life(volume: volume, driver: FileSystemDriver(volume, remote: bucket), state: state, faults: faults, disk: disk)
    }

    var volume: Volume { life.withLock { $0.volume } }
    var faults: FaultingStore { life.withLock { $0.faults } }
    var journal: Journal { life.withLock { $0.state.journal } }

    /// Nothing the volume does after this reaches the store or the disk.
    func crash(forgetting: Bool = false) async throws {
        let old = life.withLock { $0 }
        old.faults.setFaults([Fault(.every, error: StoreError(.unreachable, "the process is gone"))])
        // What a store has begun it ends, whoever has asked for it: before the next life looks.
        guard await old.faults.rest() else { throw Errno.timedOut }
        try await old.disk.end(old.state)
        if forgetting {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
            }
        }
        let disk = DiskUnderTest(ending, crashes.withLock { $0.next() }, folder)
        let new = try await Self.begin(bucket, options, plan, seed, folder, disk)
        life.withLock { $0 = new }
    }

    func apply(_ operation: TestSupport.Operation) async -> Outcome {
        let isDue = crashes.withLock { $0.next() } % 5 == 0
        do {
            if case .never = ending {} else if isDue { try await crash() }
        } catch {
            return .failed(.inputOutput)
        }
        return await life.withLock { $0.driver }.apply(operation)
    }

    func snapshot() async throws(Errno) -> TreeSnapshot { try await life.withLock { $0.driver }.snapshot() }

    func remove() {
        try? life.withLock { $0.state }.close()
        try? FileManager.default.removeItem(at: folder)
    }
}

extension BucketName: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(value) }
}

extension Capabilities {
    /// What the stores can do that a volume may meet.
    static let varieties: [Capabilities] = {
        var parts = Capabilities.least
        parts.partCopy = true
        var appends = Capabilities.memory
        appends.append = AppendRules(maximumAppends: 3)
        var everyAppends = Capabilities.memory
        everyAppends.append = AppendRules(maximumAppends: nil, anyObject: true)
        var files = Capabilities.memory
        (files.modify, files.rename, files.append) = (true, true, nil)
        var telling = Capabilities.memory
        telling.listAttributes = true
        return [.least, parts, appends, everyAppends, files, telling]
    }()
}

extension Volume {
    /// All entries, read until there are no more.
    func listing(of folder: Inode, for caller: Caller) async throws(Errno) -> [DirectoryEntry] {
        let handle = try await openDirectory(folder, for: caller).handle
        var all: [DirectoryEntry] = []
        while true {
            let more = try await readDirectory(handle, after: all.last?.cookie ?? 0, limit: 100)
            all += more
            guard !more.isEmpty else { break }
        }
        await releaseDirectory(handle)
        return all
    }
}
