internal import FileSystemTypes
internal import Synchronization

/// Lets many operations in together, or one alone, in the order of arrival; waiting suspends and blocks no thread.
final class SharedGate: Sendable {
    private struct Waiter {
        let isAlone: Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        /// -1 while one is in alone.
        var inside = 0
        var waiters: [Waiter] = []

        /// Who may go in now.
        mutating func admit() -> [Waiter] {
            var admitted: [Waiter] = []
            while let next = waiters.first, next.isAlone ? inside == 0 : inside >= 0 {
                inside = next.isAlone ? -1 : inside + 1
                admitted.append(waiters.removeFirst())
            }
            return admitted
        }
    }

    private let state = Mutex(State())

    func together<Value>(_ body: () async throws(Errno) -> Value) async throws(Errno) -> Value {
        await enter(alone: false)
        defer { leave() }
        return try await body()
    }

    func alone<Value>(_ body: () async throws(Errno) -> Value) async throws(Errno) -> Value {
        await enter(alone: true)
        defer { leave() }
        return try await body()
    }

    /// `leave` follows, whatever happens.
    func enter(alone: Bool) async {
        let isIn = state.withLock { state in
            guard state.waiters.isEmpty, alone ? state.inside == 0 : state.inside >= 0 else { return false }
            state.inside = alone ? -1 : state.inside + 1
            return true
        }
        guard !isIn else { return }
        await withCheckedContinuation { continuation in
            let admitted = state.withLock { state in
                state.waiters.append(Waiter(isAlone: alone, continuation: continuation))
                return state.admit()
            }
            for waiter in admitted { waiter.continuation.resume() }
        }
    }

    func leave() {
        let admitted = state.withLock { state in
            state.inside = state.inside < 0 ? 0 : state.inside - 1
            return state.admit()
        }
        for waiter in admitted { waiter.continuation.resume() }
    }
}
