import Synchronization

/// Numbers that only grow, also across restarts: names for blobs and the order of versions.
final class Generations: Sendable {
    private let last: Atomic<UInt64>

    /// Starts at the clock's microseconds, which are far ahead of anything given out before.
    init() {
        last = Atomic(UInt64(StoreTime.now.milliseconds) * 1000)
    }

    func next() -> UInt64 {
        last.add(1, ordering: .relaxed).newValue
    }

    /// Never gives out what is in use already, even when the clock was set back.
    func skip(past used: UInt64) {
        var current = last.load(ordering: .relaxed)
        while current < used {
            current = last.compareExchange(expected: current, desired: used, ordering: .relaxed).original
        }
    }
}
