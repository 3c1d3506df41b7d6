internal import Synchronization

/// Bytes that may be fetched before anybody asked for them, over all readers.
final class ReadAheadBudget: Sendable {
    private let free: Mutex<Int64>

    init(bytes: Int) {
        free = Mutex(Int64(bytes))
    }

    /// Takes `bytes` if they are there.
    func reserve(_ bytes: Int64) -> Bool {
        free.withLock { free in
            guard free >= bytes else { return false }
            free -= bytes
            return true
        }
    }

    func release(_ bytes: Int64) {
        free.withLock { $0 += bytes }
    }
}
