import FileSystemTypes
import Foundation
import Logging
import ObjectStorage
import Staging
import TestSupport
import Volume

/// A volume over a bucket in memory, with limits small enough that little files go up in parts.
struct VolumeUnderTest: OperationDriver {
    let volume: Volume
    let driver: FileSystemDriver
    let bucket: MemoryBucket
    let faults: FaultingStore
    private let folder: URL
    private let state: StateFolder

    init(ttl: Duration = .seconds(1), faults plan: [Fault] = [], seed: UInt64 = 1, configure: (inout VolumeOptions) -> Void = { _ in }) throws {
        var limits = StoreLimits.s3
        limits.minimumPart = 1000
        bucket = MemoryStore(limits: limits, buckets: ["test"]).bucket("test")
        faults = FaultingStore(bucket, faults: plan, seed: seed)
        var policy = RetryPolicy()
        policy.firstDelay = .microseconds(10)
        policy.longestDelay = .microseconds(100)
        policy.maximumAttempts = 30
        var options = VolumeOptions()
        options.metadataTTL = ttl
        options.partSize = 16 << 10
        configure(&options)
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-volume-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let identity = MountIdentity(endpoint: "memory", bucket: "test", prefix: options.prefix)
        state = try StateFolder.open(identity, base: folder.path, options: StateFolder.Options(freeSpaceFloor: 0)).0
        volume = Volume(RetryingStore(faults, policy: policy, logger: logger), options: options, state: state, logger: logger)
        driver = FileSystemDriver(volume, remote: bucket)
    }

    func apply(_ operation: TestSupport.Operation) async -> Outcome { await driver.apply(operation) }
    func snapshot() async throws(Errno) -> TreeSnapshot { try await driver.snapshot() }

    func remove() {
        try? state.close()
        try? FileManager.default.removeItem(at: folder)
    }
}

extension BucketName: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(value) }
}
