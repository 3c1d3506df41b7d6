internal import FileSystemTypes
internal import Synchronization

/// Lets one operation in at a time, in the order of arrival; waiting suspends and blocks no thread.
final class SerialGate: Sendable {
    private struct State {
        var isTaken = false
        var waiters: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var nextID = 0
    }

    private let state = Mutex(State())

    /// Takes the gate if nobody has it and nobody waits.
    func tryEnter() -> Bool {
        state.withLock { state in
            guard !state.isTaken, state.waiters.isEmpty else { return false }
            state.isTaken = true
            return true
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiters.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiters.removeFirst().continuation
        }
        next?.resume(returning: true)
    }

    /// Runs `body` with the gate taken. Fails with `interrupted` when the task is cancelled while it waits.
    func run<Value>(_ body: () async throws(Errno) -> Value) async throws(Errno) -> Value {
        guard await enter() else { throw Errno.interrupted }
        defer { leave() }
        return try await body()
    }

    /// As `run`, for what must happen however often the task is cancelled.
    func runUncancelled<Value>(_ body: () async throws(Errno) -> Value) async throws(Errno) -> Value {
        if !tryEnter() { _ = await wait(nextID()) }
        defer { leave() }
        return try await body()
    }

    private func enter() async -> Bool {
        if tryEnter() { return true }
        let id = nextID()
        return await withTaskCancellationHandler {
            Task.isCancelled ? false : await wait(id)
        } onCancel: {
            abandon(id)
        }
    }

    private func nextID() -> Int {
        state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
    }

    private func wait(_ id: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            let isOurs = state.withLock { state in
                if !state.isTaken {
                    state.isTaken = true
                    return true
                }
                state.waiters.append((id, continuation))
                return false
            }
            if isOurs { continuation.resume(returning: true) }
        }
    }

    private func abandon(_ id: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index).continuation
        }
        waiter?.resume(returning: false)
    }
}
