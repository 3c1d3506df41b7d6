import BlockCache
import Content
import FileSystemTypes
import Logging
import Memory
import ObjectStorage
import Reading
import TestSupport

/// Readers of one object in a bucket in memory, whose requests can be made to fail.
struct ReaderUnderTest {
    let bucket: MemoryBucket
    let faults: FaultingStore
    let memory: MemoryBudget
    let engine: ReadEngine
    let version: ObjectVersion
    let content: [UInt8]

    static let key: Key = "folder/file"
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(
        size: Int, faults plan: [Fault] = [], memory limit: Int = 64 << 20, cached: Bool = false,
        wrapping: ((FaultingStore) -> any ObjectStore)? = nil
    ) async throws {
        bucket = MemoryStore(buckets: [BucketName("test")]).bucket(BucketName("test"))
        content = Self.bytes(size, seed: 1)
        let receipt = try await bucket.put(Self.key, BytesSource(Bytes(content)), ObjectAttributes(), .always)
        bucket.resetCounts()
        faults = FaultingStore(bucket, faults: plan, seed: 1)
        memory = MemoryBudget(limit: limit)
        let store: any ObjectStore = wrapping?(faults) ?? faults
        let cache = cached ? BlockCache(memory: memory, logger: Self.silent) : nil
        engine = ReadEngine(store, memory: memory, cache: cache, bucket: "test", logger: Self.silent)
        version = ObjectVersion(key: Self.key, etag: receipt.etag, size: Int64(size))
    }

    static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = generator.next()
            for shift in stride(from: 0, to: 64, by: 8) as StrideTo<UInt64> { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        return Array(bytes.prefix(count))
    }

    var gets: Int { faults.requests.count { $0 == .get } }

    func expected(_ offset: Int, _ count: Int) -> [UInt8] {
        Array(content[min(offset, content.count)..<min(offset + count, content.count)])
    }
}

extension ObjectReader {
    func bytes(_ offset: Int, _ count: Int) async throws(StoreError) -> [UInt8] {
        try await read(ByteRange(offset: Int64(offset), count: Int64(count))).contiguous
    }
}
