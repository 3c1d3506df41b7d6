internal import Synchronization

/// Lets a fixed number of transfers run at the same time, shared fairly: whoever waits is served in turn, one transfer of each owner after the other.
///
/// So a small file need not wait for all parts of a large one. Waiting suspends and blocks no thread; it ends early when the task is cancelled.
package final class TransferPool: Sendable {
    /// Whose transfers are counted together: one file.
    package struct Owner: Hashable, Sendable {
        private let number: UInt64

        package init(_ number: UInt64) {
            self.number = number
        }
    }

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var free: Int
        /// Each with somebody waiting, in the order in which they are served.
        var owners: [Owner] = []
        var waiters: [Owner: [Waiter]] = [:]
        var nextID: UInt64 = 0

        mutating func next() -> Waiter? {
            guard let owner = owners.first else { return nil }
            owners.removeFirst()
            guard var queue = waiters[owner], !queue.isEmpty else { return nil }
            let waiter = queue.removeFirst()
            waiters[owner] = queue.isEmpty ? nil : queue
            if !queue.isEmpty { owners.append(owner) }
            return waiter
        }

        mutating func remove(_ id: UInt64, of owner: Owner) -> Waiter? {
            guard let index = waiters[owner]?.firstIndex(where: { $0.id == id }) else { return nil }
            let waiter = waiters[owner]?.remove(at: index)
            if waiters[owner]?.isEmpty == true {
                waiters[owner] = nil
                owners.removeAll { $0 == owner }
            }
            return waiter
        }
    }

    private let state: Mutex<State>

    package init(_ count: Int) {
        precondition(count > 0, "a pool of nothing lets nobody in")
        state = Mutex(State(free: count))
    }

    /// Runs `body` when it is the owner's turn; nil when the task was cancelled before.
    package func run<Value>(for owner: Owner, _ body: () async -> Value) async -> Value? {
        guard await enter(owner) else { return nil }
        defer { leave() }
        return await body()
    }

    private func enter(_ owner: Owner) async -> Bool {
        let (isIn, id) = state.withLock { state -> (Bool, UInt64) in
            if state.free > 0 {
                state.free -= 1
                return (true, 0)
            }
            state.nextID += 1
            return (false, state.nextID)
        }
        if isIn { return true }
        return await withTaskCancellationHandler {
            Task.isCancelled ? false : await wait(id, owner)
        } onCancel: {
            let waiter = state.withLock { $0.remove(id, of: owner) }
            waiter?.continuation.resume(returning: false)
        }
    }

    private func wait(_ id: UInt64, _ owner: Owner) async -> Bool {
        await withCheckedContinuation { continuation in
            let isIn = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                if state.waiters[owner] == nil { state.owners.append(owner) }
                state.waiters[owner, default: []].append(Waiter(id: id, continuation: continuation))
                return false
            }
            if isIn { continuation.resume(returning: true) }
            // The cancellation may have looked for it before it was there.
            if !isIn, Task.isCancelled { state.withLock { $0.remove(id, of: owner) }?.continuation.resume(returning: false) }
        }
    }

    private func leave() {
        let next = state.withLock { state -> Waiter? in
            let next = state.next()
            if next == nil { state.free += 1 }
            return next
        }
        next?.continuation.resume(returning: true)
    }
}
