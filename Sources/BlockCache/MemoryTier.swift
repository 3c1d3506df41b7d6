import FileSystemTypes
import Memory
import Synchronization

/// Blocks in memory, counted as `cache` in the budget. In several parts with a lock each, so that readers do not wait for each other.
final class MemoryTier: Sendable {
    private final class Shard: Sendable {
        let list = Mutex(SegmentedList())
    }

    static let shardCount = 8

    private let shards = (0..<shardCount).map { _ in Shard() }
    private let budget: MemoryBudget
    /// In bytes, of all shards.
    private let limit: Int
    private let nextToShrink = Atomic<Int>(0)

    init(budget: MemoryBudget) {
        self.budget = budget
        limit = budget.share(of: .cache)
    }

    func contains(_ id: BlockID) -> Bool {
        shard(of: id).list.withLock { $0.contains(id) }
    }

    /// The block, and whether somebody has come back for it, rather than reading it piece by piece.
    func find(_ id: BlockID) -> (bytes: Bytes, isReturn: Bool)? {
        shard(of: id).list.withLock { $0.find(id) }
    }

    /// Keeps the block if there is, or can be made, room for it. `bytes` must not be a part of something larger.
    func insert(_ id: BlockID, _ bytes: Bytes) {
        let cost = SegmentedList.cost(of: bytes)
        let shard = shard(of: id)
        makeRoom(for: cost, in: shard)
        while !budget.reserve(cost, for: .cache) {
            guard let freed = shard.list.withLock({ $0.removeOldest() }) else { return }
            budget.release(freed, for: .cache)
        }
        guard shard.list.withLock({ $0.insert(id, bytes) }) else { return budget.release(cost, for: .cache) }
    }

    /// Lets go of `bytes`, a little from each part.
    func shrink(by bytes: Int) {
        var freed = 0
        var emptyInARow = 0
        while freed < bytes, emptyInARow < Self.shardCount {
            let shard = shards[nextToShrink.wrappingAdd(1, ordering: .relaxed).oldValue & (Self.shardCount - 1)]
            if let cost = shard.list.withLock({ $0.removeOldest() }) {
                budget.release(cost, for: .cache)
                freed += cost
                emptyInARow = 0
            } else {
                emptyInARow += 1
            }
        }
    }

    private func makeRoom(for cost: Int, in shard: Shard) {
        while let freed = shard.list.withLock({ $0.cost + cost > limit / Self.shardCount ? $0.removeOldest() : nil }) {
            budget.release(freed, for: .cache)
        }
    }

    /// The blocks of an object one after the other, so that all parts fill alike.
    private func shard(of id: BlockID) -> Shard {
        shards[Int(truncatingIfNeeded: id.object.digest.x &+ UInt64(bitPattern: id.index)) & (Self.shardCount - 1)]
    }
}
