import CFuse3
import Synchronization

/// The tasks of the requests that are being waited for, by a number of their own.
///
/// libfuse may call an interrupt function while, or just after, the request is answered. So it is given a number and no
/// pointer: a number that has left the table finds nothing.
final class InterruptTable: Sendable {
    private final class Shard: Sendable {
        let tasks = Mutex<[UInt64: Task<Void, Never>]>([:])
    }

    private let shards = (0..<16).map { _ in Shard() }
    private let lastID = Atomic<UInt64>(0)

    /// Unique within the process's life, never 0.
    func nextID() -> UInt64 {
        lastID.add(1, ordering: .relaxed).newValue
    }

    func insert(_ task: Task<Void, Never>, id: UInt64) {
        shard(id).tasks.withLock { $0[id] = task }
    }

    func remove(_ id: UInt64) {
        _ = shard(id).tasks.withLock { $0.removeValue(forKey: id) }
    }

    func cancel(_ id: UInt64) {
        let task = shard(id).tasks.withLock { $0[id] }
        task?.cancel()
    }

    func cancelAll() {
        for shard in shards {
            let tasks = shard.tasks.withLock { Array($0.values) }
            for task in tasks { task.cancel() }
        }
    }

    private func shard(_ id: UInt64) -> Shard {
        shards[Int(id % UInt64(shards.count))]
    }

    /// What libfuse calls for FUSE_INTERRUPT. It holds the lock of the request: nothing may be answered from here.
    static let interrupted: fuse_interrupt_func_t = { raw, data in
        guard let raw = unsafe raw else { return }
        unsafe Bridge.of(raw).interrupts.cancel(UInt64(UInt(bitPattern: data)))
    }
}
