import BlockCache
import FileSystemTypes
import Logging
import Memory
import ObjectStorage

/// How fast a cache on the disk is, with one object of so many mebibytes.
struct Measurement {
    private let folder: String
    private let object: CachedObject
    private let mebibytes: Int

    init(_ folder: String, mebibytes: Int) {
        self.folder = folder
        self.mebibytes = mebibytes
        object = CachedObject(bucket: "https://store.example/photos", key: "large", etag: ETag("1"), size: Int64(mebibytes) << 20)
    }

    private func openCache() throws(CacheError) -> BlockCache {
        let options = CacheWorker.options(folder, mebibytes: max(2048, 2 * Int64(mebibytes)))
        return try BlockCache(memory: MemoryBudget(limit: 512 << 20), disk: options, logger: Logger(label: "worker"))
    }

    func fill() async throws(CacheError) {
        let cache = try openCache()
        let began = ContinuousClock.now
        for index in 0..<object.blockCount {
            let bytes = Bytes([UInt8](repeating: UInt8(truncatingIfNeeded: index &* 31 &+ index >> 8), count: Int(BlockCache.blockSize)))
            // What the disk does not keep up with would be left out.
            while cache.statistics.bytesWritten < (index - 64) * BlockCache.blockSize { try? await Task.sleep(for: .milliseconds(1)) }
            cache.insert(BlockID(object: object, index: index), bytes)
        }
        await cache.close()
        tell("filled", since: began, cache)
    }

    func read(tasks: Int, run: Int64) async throws(CacheError) {
        let cache = try openCache()
        while cache.usage.isLoading { try? await Task.sleep(for: .milliseconds(1)) }
        let began = ContinuousClock.now
        let share = object.blockCount / Int64(tasks)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<Int64(tasks) {
                group.addTask { [object] in
                    for start in stride(from: task * share, to: (task + 1) * share, by: Int(run)) {
                        _ = await cache.blocks(of: object, start..<min(start + run, (task + 1) * share))
                    }
                }
            }
        }
        tell("read", since: began, cache)
        await cache.close()
    }

    func open() async throws(CacheError) {
        let began = ContinuousClock.now
        let cache = try openCache()
        cache.insert(BlockID(object: object, index: 0), Bytes([UInt8](repeating: 0, count: Int(BlockCache.blockSize))))
        guard cache.now(BlockID(object: object, index: 0)) != nil else { throw CacheError("what was put in is not there") }
        let usable = ContinuousClock.now - began
        while cache.usage.isLoading { try? await Task.sleep(for: .milliseconds(1)) }
        say("usable \(usable) loaded \(ContinuousClock.now - began) blocks \(cache.usage.blocksOnDisk)")
        await cache.close()
    }

    private func tell(_ what: String, since began: ContinuousClock.Instant, _ cache: BlockCache) {
        let counters = cache.statistics
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        say(
            "\(what) \(Int(Double(mebibytes) / seconds)) MiB/s hits \(counters.diskHits) misses \(counters.misses) damaged \(counters.damaged) dropped \(counters.notWritten)"
        )
    }
}
