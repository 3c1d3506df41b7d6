import Synchronization

/// How far a file has been written.
final class Position: Sendable {
    private let bytes = Mutex(Int64(0))

    /// Where the next `count` bytes go.
    func advance(by count: Int) -> Int64 {
        bytes.withLock { bytes in
            defer { bytes += Int64(count) }
            return bytes
        }
    }
}
