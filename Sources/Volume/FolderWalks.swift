internal import Synchronization

/// Which processes go through folders just now: in the next folder the same is expected of them.
final class FolderWalks: Sendable {
    private struct State {
        var walking: [Int32: ContinuousClock.Instant] = [:]
    }

    private static let lifetime = Duration.seconds(2)
    private static let mostProcesses = 64
    private let state = Mutex(State())

    func note(_ process: Int32) {
        state.withLock { state in
            if state.walking.count >= Self.mostProcesses { state.walking = [:] }
            state.walking[process] = .now
        }
    }

    var isAnybodyWalking: Bool {
        state.withLock { state in state.walking.values.contains { .now - $0 < Self.lifetime } }
    }

    func isExpected(_ process: Int32) -> Bool {
        state.withLock { state in state.walking[process].map { .now - $0 < Self.lifetime } ?? false }
    }
}
