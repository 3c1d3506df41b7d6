internal import FileSystemTypes
internal import Synchronization

/// Folders whose new attributes the store does not have yet. The journal has them; all that change within a second are one request.
final class FolderChanges: Sendable {
    private struct Entry {
        /// Its intent in the journal.
        let intent: Int64
        let since: ContinuousClock.Instant
        /// Ends early when it is cancelled; then the request is made.
        var pause: Task<Void, Never>?
    }

    private let state = Mutex<[Inode: Entry]>([:])

    var count: Int { state.withLock { $0.count } }
    var inodes: [Inode] { state.withLock { Array($0.keys) } }

    func intent(of inode: Inode) -> Int64? { state.withLock { $0[inode]?.intent } }

    /// True when nothing of the folder waited before.
    func note(_ inode: Inode, _ intent: Int64) -> Bool {
        state.withLock { state in
            guard state[inode] == nil else { return false }
            state[inode] = Entry(intent: intent, since: .now)
            return true
        }
    }

    func remove(_ inode: Inode) {
        state.withLock { $0[inode] = nil }
    }

    /// Waits, unless `hurry` has been called or the folder needs no request any more. False for the latter.
    func pause(_ inode: Inode, _ delay: Duration) async -> Bool {
        let pause = Task { _ = try? await Task.sleep(for: delay) }
        let isThere = state.withLock { state in
            state[inode]?.pause = pause
            return state[inode] != nil
        }
        guard isThere else { return false }
        await pause.value
        return intent(of: inode) != nil
    }

    /// Nothing waits for its time any more.
    func hurry() {
        let pauses = state.withLock { $0.values.compactMap(\.pause) }
        for pause in pauses { pause.cancel() }
    }

    /// How many of those that were there at a moment still wait.
    func pending(before moment: ContinuousClock.Instant) -> Int {
        state.withLock { $0.values.count { $0.since <= moment } }
    }
}
