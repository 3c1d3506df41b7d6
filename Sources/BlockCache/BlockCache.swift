package import FileSystemTypes
package import Logging
package import Memory
internal import Synchronization

/// Blocks of objects that were read, in memory and on the disk.
///
/// A block is that of one version of an object, so nothing here ever becomes outdated. What it gives is what was put in, byte for byte, or
/// nothing. All of it may vanish at any time.
package final class BlockCache: Sendable {
    /// In bytes; the last block of an object is shorter. What the kernel asks for at once is one to eight of them, and an index of
    /// 100 GiB takes 32 MiB of memory.
    package static let blockSize: Int64 = 128 << 10

    private let memory: MemoryTier
    private let disk: DiskTier?
    private let budget: MemoryBudget
    private let counters = SharedCounters()

    /// A cache in memory within `budget`.
    package init(memory budget: MemoryBudget, logger: Logger) {
        self.budget = budget
        logger.debug("blocks are kept in up to \(budget.share(of: .cache) >> 20) MiB of memory")
        disk = nil
        memory = MemoryTier(budget: budget)
        giveWay()
    }

    /// A cache in memory within `budget`, and on the disk. Blocks on the disk for a moment only: what it has is read afterwards. Fails when
    /// the folder cannot be a cache. Needs `close`.
    package init(memory budget: MemoryBudget, disk options: DiskCacheOptions, logger: Logger) throws(CacheError) {
        self.budget = budget
        memory = MemoryTier(budget: budget)
        disk = try DiskTier(options, budget: budget, counters: counters, logger: logger)
        giveWay()
    }

    private func giveWay() {
        budget.onShortage(of: .cache) { [memory] in memory.shrink(by: $0) }
    }

    /// Writes what is still to be written, for a few seconds at most, and closes the folder. Nothing may be asked of the cache afterwards.
    package func close() async {
        await disk?.close()
    }

    func clearMemory() {
        memory.shrink(by: Int.max)
    }

    func clearDisk(within limit: Duration) async -> Bool {
        await disk?.clear(within: limit) ?? true
    }

    // MARK: Reading

    /// From memory, without waiting: for a FUSE callback.
    package func now(_ id: BlockID) -> Bytes? {
        guard let (bytes, isReturn) = memory.find(id) else { return nil }
        if isReturn { disk?.touch(id) }
        counters.change {
            $0.memoryHits += 1
            $0.bytesRead += Int64(bytes.count)
        }
        return bytes
    }

    /// From memory or from the disk, which is read on threads of the cache's own. Nil when it is not there or is damaged.
    package func block(_ id: BlockID) async -> Bytes? {
        if let bytes = now(id) { return bytes }
        guard let disk, disk.contains(id) else {
            counters.change { $0.misses += 1 }
            return nil
        }
        let bytes = await disk.read([id])[0]
        take(id, bytes)
        return bytes
    }

    /// Blocks that follow each other, as `block` gives them one by one, but with one change of threads for all. With `keeping` false those from
    /// the disk are not kept in memory.
    package func blocks(of object: CachedObject, _ indices: Range<Int64>, keeping: Bool = true) async -> [Bytes?] {
        let ids = indices.map { BlockID(object: object, index: $0) }
        var found = ids.map { now($0) }
        let missing = found.indices.filter { found[$0] == nil }
        let onDisk = missing.filter { disk?.contains(ids[$0]) ?? false }
        counters.change { $0.misses += Int64(missing.count - onDisk.count) }
        guard let disk, !onDisk.isEmpty else { return found }
        for (index, bytes) in zip(onDisk, await disk.read(onDisk.map { ids[$0] })) {
            take(ids[index], bytes, keeping: keeping)
            found[index] = bytes
        }
        return found
    }

    /// Counts what the disk gave, and may keep it in memory.
    private func take(_ id: BlockID, _ bytes: Bytes?, keeping: Bool = true) {
        guard let bytes else { return counters.change { $0.misses += 1 } }
        if keeping { memory.insert(id, bytes) }
        counters.change {
            $0.diskHits += 1
            $0.bytesRead += Int64(bytes.count)
        }
    }

    /// Whether the block is there, in memory or on the disk: a hint, without waiting. It may be gone when it is asked for.
    package func contains(_ id: BlockID) -> Bool {
        memory.contains(id) || disk?.contains(id) ?? false
    }

    // MARK: Filling

    /// Takes a whole block: memory has it at once unless `keeping` is false, the disk some time later or, when it is too slow, not at all. The bytes
    /// are copied, since they may be part of a larger piece of memory. They must be the bytes of that version: `id.length` of them, others are refused.
    package func insert(_ id: BlockID, _ bytes: Bytes, keeping: Bool = true) {
        guard bytes.count == id.length, bytes.count > 0, keeping || disk?.contains(id) == false else { return }
        let own = Bytes(bytes.contiguous)
        if keeping { memory.insert(id, own) }
        disk?.insert(id, own)
    }

    // MARK: Status

    /// What the cache has done.
    package var statistics: CacheCounters { counters.now }

    /// What the cache takes.
    package var usage: CacheUsage {
        CacheUsage(
            memory: budget.used[.cache] ?? 0, disk: disk?.used.load(ordering: .relaxed) ?? 0, diskLimit: disk?.options.limit ?? 0,
            blocksOnDisk: disk?.index.count ?? 0, waiting: disk?.queue.waiting ?? 0, isLoading: !(disk?.isLoaded.load(ordering: .acquiring) ?? true),
            folder: disk?.options.folder)
    }
}

/// What a cache takes, in bytes.
package struct CacheUsage: Hashable, Sendable {
    package let memory: Int
    /// Of all mounts that use the folder, when it was last looked at.
    package let disk: Int64
    /// 0 without a folder.
    package let diskLimit: Int64
    package let blocksOnDisk: Int
    /// On its way to the disk.
    package let waiting: Int
    /// The index of what is on the disk is still being read.
    package let isLoading: Bool
    package let folder: String?
}
