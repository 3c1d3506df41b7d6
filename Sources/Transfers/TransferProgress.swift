internal import Synchronization

/// Counts what a transfer does, and tells those who want to know.
package final class TransferProgress: Sendable {
    /// A file on its way.
    package struct Moving: Hashable, Sendable {
        package var path: RelativePath
        package var done: Int64
        package var bytes: Int64
    }

    private struct State {
        var figures = TransferFigures()
        var moving: [RelativePath: Moving] = [:]
        /// Of those that have moved since they were last told.
        var moved: Set<RelativePath> = []
    }

    private let state = Mutex(State())
    private let tell: @Sendable (TransferEvent) -> Void

    package init(_ tell: @escaping @Sendable (TransferEvent) -> Void) {
        self.tell = tell
    }

    package var figures: TransferFigures { state.withLock { $0.figures } }

    /// The files on their way, the largest first.
    package var moving: [Moving] { state.withLock { $0.moving.values.sorted { ($1.bytes, $0.path) < ($0.bytes, $1.path) } } }

    /// Tells of each file that has moved since the last time.
    package func tellMoved() {
        let moved = state.withLock { state -> [Moving] in
            defer { state.moved = [] }
            return state.moved.compactMap { state.moving[$0] }
        }
        for file in moved { tell(.progress(file.path, done: file.done, bytes: file.bytes)) }
    }

    func event(_ event: TransferEvent) {
        tell(event)
    }

    func listed() {
        state.withLock { $0.figures.isListed = true }
    }

    func queued(_ path: RelativePath, _ bytes: Int64) {
        state.withLock { state in
            state.figures.files += 1
            state.figures.bytes += bytes
        }
        tell(.queued(path, bytes: bytes))
    }

    /// What turned out as no work after all.
    func unchanged(_ path: RelativePath) {
        state.withLock { $0.figures.unchanged += 1 }
        tell(.unchanged(path))
    }

    func begin(_ path: RelativePath, _ bytes: Int64) {
        state.withLock { $0.moving[path] = Moving(path: path, done: 0, bytes: bytes) }
    }

    /// `bytes` more are there, or fewer when some have to be sent again.
    func moved(_ path: RelativePath, _ bytes: Int64) {
        state.withLock { state in
            state.figures.doneBytes += bytes
            state.moving[path]?.done += bytes
            state.moved.insert(path)
        }
    }

    func done(_ path: RelativePath, _ bytes: Int64) {
        finish(path, bytes) { $0.doneFiles += 1 }
        tell(.done(path, bytes: bytes))
    }

    func failed(_ path: RelativePath, _ error: TransferError) {
        finish(path, nil) { $0.failed += 1 }
        tell(.failed(path, error))
    }

    func deleted(_ path: RelativePath) {
        state.withLock { $0.figures.deleted += 1 }
        tell(.deleted(path))
    }

    /// A file that is done counts with all its bytes, one that failed with none.
    private func finish(_ path: RelativePath, _ bytes: Int64?, _ change: (inout TransferFigures) -> Void) {
        state.withLock { state in
            let moving = state.moving.removeValue(forKey: path)
            state.moved.remove(path)
            state.figures.doneBytes += (bytes ?? 0) - (moving?.done ?? 0)
            change(&state.figures)
        }
    }
}
