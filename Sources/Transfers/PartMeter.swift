internal import Synchronization

/// How much of one part has moved: a part that is sent again is not counted twice.
final class PartMeter: Sendable {
    private let path: RelativePath
    private let size: Int64
    private let progress: TransferProgress
    private let counted = Mutex<Int64>(0)

    init(_ path: RelativePath, _ size: Int64, _ progress: TransferProgress) {
        self.path = path
        self.size = size
        self.progress = progress
    }

    func add(_ count: Int) {
        let more = counted.withLock { counted in
            let more = min(Int64(count), size - counted)
            counted += more
            return more
        }
        if more > 0 { progress.moved(path, more) }
    }

    /// All of it is there, or nothing.
    func settle(_ isThere: Bool) {
        let change = counted.withLock { counted in
            defer { counted = isThere ? size : 0 }
            return (isThere ? size : 0) - counted
        }
        if change != 0 { progress.moved(path, change) }
    }
}
