import BlockCache
import CacheSupport
import FileSystemTypes
import Foundation
import Logging
import Memory
import ObjectStorage
import Testing

/// As many blocks as 10 GiB have, small ones.
@Suite(.timeLimit(.minutes(2)))
struct StartTests {
    private static let count = 81_920

    private func object(_ number: Int) -> CachedObject {
        CachedObject(bucket: "https://store.example/photos", key: Key("small-\(number)"), etag: ETag("1"), size: 100)
    }

    private func bytes(_ number: Int) -> Bytes {
        Bytes((0..<100).map { UInt8(truncatingIfNeeded: number >> ($0 % 3 * 8)) })
    }

    private func fill(_ scratch: Scratch) async throws {
        let cache = try scratch.open(mebibytes: 128, memory: 64 << 20)
        for number in 0..<Self.count {
            cache.insert(BlockID(object: object(number), index: 0), bytes(number))
            if number % 1000 == 999 { await scratch.until { cache.usage.waiting == 0 } }
        }
        #expect(cache.statistics.notWritten == 0)
        await cache.close()
    }

    @Test func aLargeCacheIsOpenedInTheBackground() async throws {
        let scratch = try Scratch(objects: 1)
        defer { scratch.remove() }
        try await fill(scratch)
        let began = ContinuousClock.now
        let cache = try scratch.open(mebibytes: 128, memory: 64 << 20)
        let late = BlockID(object: object(Self.count), index: 0)
        cache.insert(late, bytes(Self.count))
        #expect(cache.now(late) == bytes(Self.count))
        let usable = ContinuousClock.now - began
        #expect(usable < .milliseconds(100), "\(usable)")
        await scratch.until { !cache.usage.isLoading }
        let loaded = ContinuousClock.now - began
        print("usable after \(usable), all \(cache.usage.blocksOnDisk) blocks known after \(loaded)")
        #expect(cache.usage.blocksOnDisk >= Self.count)
        for number in stride(from: 0, to: Self.count, by: 997) {
            #expect(await cache.block(BlockID(object: object(number), index: 0)) == bytes(number))
        }
        await cache.close()
    }

    /// An index that would take more memory than its share leaves the oldest blocks out.
    @Test func theIndexStaysWithinItsShareOfMemory() async throws {
        let scratch = try Scratch(objects: 1)
        defer { scratch.remove() }
        try await fill(scratch)
        let memory = MemoryBudget(limit: 4 << 20)
        var options = DiskCacheOptions(folder: scratch.folder, limit: 128 << 20)
        options.freeSpaceFloor = 0
        let cache = try BlockCache(memory: memory, disk: options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await scratch.until { !cache.usage.isLoading }
        #expect(cache.usage.blocksOnDisk < Self.count / 2)
        #expect(memory.used[.cacheIndex] ?? 0 > memory.share(of: .cacheIndex) / 2)
        // One file more than its share.
        #expect(memory.used[.cacheIndex] ?? 0 < memory.share(of: .cacheIndex) * 3 / 2)
        #expect(await cache.block(BlockID(object: object(Self.count - 1), index: 0)) == bytes(Self.count - 1))
        #expect(await cache.block(BlockID(object: object(0), index: 0)) == nil)
        await cache.close()
        #expect(memory.used[.cacheIndex] == nil)
    }
}
