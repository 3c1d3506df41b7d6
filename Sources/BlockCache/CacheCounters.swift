internal import Synchronization

/// What a cache has done since it was opened. A block that is looked for with `now` and then with `block` counts once.
package struct CacheCounters: Hashable, Sendable {
    /// Blocks found in memory.
    package var memoryHits: Int64 = 0
    /// Blocks found on the disk.
    package var diskHits: Int64 = 0
    /// Blocks that `block` did not find.
    package var misses: Int64 = 0
    /// Bytes of blocks found.
    package var bytesRead: Int64 = 0
    /// Bytes written to the disk.
    package var bytesWritten: Int64 = 0
    /// Blocks that were not written because the disk did not keep up, or writing is off.
    package var notWritten: Int64 = 0
    /// Blocks found on the disk with other bytes than were written.
    package var damaged: Int64 = 0
    /// Blocks dropped to make room on the disk.
    package var evicted: Int64 = 0

    package init() {}
}

/// Counters that any thread may add to.
final class SharedCounters: Sendable {
    private let counters = Mutex(CacheCounters())

    func change(_ body: (inout CacheCounters) -> Void) {
        counters.withLock { body(&$0) }
    }

    var now: CacheCounters { counters.withLock { $0 } }
}
