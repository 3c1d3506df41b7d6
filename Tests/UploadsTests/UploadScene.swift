import Content
import FileSystemTypes
import Foundation
import Logging
import Memory
import ObjectStorage
import Staging
import Synchronization
import TestSupport
import Testing
import Uploads

/// A store in memory, a staging file on the disk, and a runner between them.
struct UploadScene {
    let bucket: MemoryBucket
    let faults: FaultingStore
    let runner: PlanRunner
    let state: StateFolder
    let events = EventLog()
    let memory = MemoryBudget(limit: 64 << 20)
    private let folder: URL

    static let partSize: Int64 = 10_000

    init(_ faults: [Fault] = []) throws {
        var limits = StoreLimits.s3
        limits.minimumPart = 5000
        bucket = MemoryStore(limits: limits, buckets: [BucketName("test")]).bucket(BucketName("test"))
        self.faults = FaultingStore(bucket, faults: faults, seed: 1)
        runner = PlanRunner(self.faults, pool: TransferPool(4), memory: memory, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-uploads-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let identity = MountIdentity(endpoint: "memory", bucket: BucketName("test"), prefix: "")
        state = try StateFolder.open(identity, base: folder.path, options: StateFolder.Options(freeSpaceFloor: 0)).0
    }

    func remove() {
        try? state.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// A staging file with these bytes, and the map of a file that consists of them.
    func staged(_ bytes: [UInt8]) async throws -> (StagedFile, ExtentMap) {
        let file = try await state.makeFile()
        let offset = try file.append(Bytes(bytes))
        var map = ExtentMap(base: nil)
        map.write(ByteRange(offset: 0, count: Int64(bytes.count)), at: offset)
        return (file, map)
    }

    /// Flips one bit of a staging file behind its back.
    func damage(_ file: StagedFile, at offset: Int) throws {
        let place = try #require(self.path(of: file))
        let handle = try FileHandle(forUpdating: URL(filePath: place))
        try handle.seek(toOffset: UInt64(offset))
        let byte = try #require(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: Data([byte ^ 0x10]))
        try handle.close()
    }

    func path(of file: StagedFile) -> String? {
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
        return names?.first { $0.hasSuffix("/files/\(file.name)") }.map { "\(folder.path)/\($0)" }
    }

    func plan(_ map: ExtentMap, _ situation: UploadSituation = UploadSituation(attributesChanged: true)) throws -> UploadPlan {
        var options = PlanOptions()
        options.partSize = Self.partSize
        options.largestBody = 2 * Self.partSize
        return try Planner(limits: bucket.limits, capabilities: bucket.capabilities, options: options).plan(map, situation)
    }

    func job(_ map: ExtentMap, _ staged: StagedFile?, upload: Upload? = nil, metadata: [String: String] = ["ctime": "7.000000008"]) -> UploadJob {
        UploadJob(
            owner: .init(1), key: "file", size: map.size, base: map.base, condition: map.base?.etag.map { .matches($0) } ?? .absent,
            attributes: ObjectAttributes(metadata: metadata), staged: staged, upload: upload, events: events)
    }

    /// Both halves of a job.
    func store(_ map: ExtentMap, _ staged: StagedFile?) async throws -> StoredObject {
        let job = job(map, staged)
        return try await runner.finish(try await runner.prepare(try plan(map), job), job)
    }

    func content(_ key: Key = "file") async throws -> [UInt8] {
        try await bucket.get(key, range: nil, ReadConditions()).collect().contiguous
    }
}

/// What was told of uploads, in its order.
final class EventLog: UploadEvents {
    enum Event: Hashable {
        case beginning, created, failedToBegin, stored(Int), completed, ended, kept
    }

    private let state = Mutex<[Event]>([])
    let keepsUploads = Mutex(false)

    var all: [Event] { state.withLock { $0 } }

    private func note(_ event: Event) {
        state.withLock { $0.append(event) }
    }

    func beginning(_ key: Key) async throws(StoreError) -> UploadNote {
        note(.beginning)
        return .intent(1)
    }

    func created(_ upload: Upload, _ intent: UploadNote) async throws(StoreError) { note(.created) }
    func failedToBegin(_ intent: UploadNote, _ error: StoreError) async { note(.failedToBegin) }
    func stored(_ part: UploadedPart, _ range: ByteRange) async { note(.stored(part.number)) }
    func completed(_ upload: Upload) async { note(.completed) }
    func ended(_ upload: Upload) async { note(.ended) }

    func keeps(_ upload: Upload, after error: StoreError) async -> Bool {
        guard keepsUploads.withLock({ $0 }) else { return false }
        note(.kept)
        return true
    }
}

/// Bytes that differ everywhere.
func pattern(_ seed: UInt64, _ count: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
}

/// The error of `body`, which must fail with a `StoreError`.
func failure<Result>(_ body: () async throws -> Result) async -> StoreError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? StoreError
    }
}
