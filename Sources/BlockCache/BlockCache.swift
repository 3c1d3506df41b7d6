package import FileSystemTypes
package import Logging
package import Memory

/// Blocks of objects that were read, in memory and on the disk.
///
/// A block is that of one version of an object, so nothing here ever becomes outdated. What it gives is what was put in, byte for byte, or
/// nothing. All of it may vanish at any time.
package final class BlockCache: Sendable {
    /// In bytes; the last block of an object is shorter. What the kernel asks for at once is one to eight of them, and an index of
    /// 100 GiB takes 32 MiB of memory.
    package static let blockSize: Int64 = 128 << 10

    private let memory: MemoryTier
    private let counters = SharedCounters()

    /// A cache in memory within `budget`.
    package init(memory budget: MemoryBudget, logger: Logger) {
        let memory = MemoryTier(budget: budget)
        self.memory = memory
        budget.onShortage(of: .cache) { memory.shrink(by: $0) }
    }

    /// From memory, without waiting: for a FUSE callback.
    package func now(_ id: BlockID) -> Bytes? {
        guard let (bytes, _) = memory.find(id) else { return nil }
        counters.change {
            $0.memoryHits += 1
            $0.bytesRead += Int64(bytes.count)
        }
        return bytes
    }

    /// From memory or from the disk, which is read on threads of the cache's own. Nil when it is not there or is damaged.
    package func block(_ id: BlockID) async -> Bytes? {
        if let bytes = now(id) { return bytes }
        counters.change { $0.misses += 1 }
        return nil
    }

    /// Blocks that follow each other, as `block` gives them one by one, with one change of threads.
    package func blocks(of object: CachedObject, _ indices: Range<Int64>) async -> [Bytes?] {
        var found: [Bytes?] = []
        for index in indices { found.append(await block(BlockID(object: object, index: index))) }
        return found
    }

    /// Whether the block is there, in memory or on the disk: a hint, without waiting. It may be gone when it is asked for.
    package func contains(_ id: BlockID) -> Bool {
        memory.contains(id)
    }

    /// Takes a whole block: memory has it at once, the disk some time later or, when it is too slow, not at all. The bytes are copied, since they
    /// may be part of a larger piece of memory. Must be the bytes of that version: `id.length` of them, others are refused.
    package func insert(_ id: BlockID, _ bytes: Bytes) {
        guard bytes.count == id.length, bytes.count > 0 else { return }
        memory.insert(id, Bytes(bytes.contiguous))
    }

    package var statistics: CacheCounters { counters.now }

    /// Writes what is still to be written, for a moment at most. Nothing may be asked of the cache afterwards.
    package func close() async {}
}
