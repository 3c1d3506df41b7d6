internal import Synchronization

/// Room for so much at the same time, given in the order of asking: for requests under way, and for bytes in memory.
package final class WeightedSlots: Sendable {
    private struct Waiter {
        let number: UInt64
        let weight: Int64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var used: Int64 = 0
        var waiters: [Waiter] = []
        var isPaused = false
        var lastNumber: UInt64 = 0
        /// Have asked, and do not wait yet.
        var asking: Set<UInt64> = []
        /// Of these, called off before they could wait.
        var withdrawn: Set<UInt64> = []
    }

    private let capacity: Int64
    private let state = Mutex(State())

    package init(_ capacity: Int64) {
        self.capacity = capacity
    }

    package var used: Int64 { state.withLock { $0.used } }

    /// What is heavier than all the room there is gets it alone. False when the task was cancelled; else `release` once.
    package func acquire(_ weight: Int64 = 1) async -> Bool {
        let number = state.withLock { state in
            state.lastNumber += 1
            state.asking.insert(state.lastNumber)
            return state.lastNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { wait(Waiter(number: number, weight: weight, continuation: $0)) }
        } onCancel: {
            withdraw(number)
        }
    }

    package func release(_ weight: Int64 = 1) {
        admit { $0.used -= weight }
    }

    /// From now on nobody is let in.
    package func pause() {
        state.withLock { $0.isPaused = true }
    }

    package func resume() {
        admit { $0.isPaused = false }
    }

    package var isPaused: Bool { state.withLock { $0.isPaused } }

    private func wait(_ waiter: Waiter) {
        let isWithdrawn = state.withLock { state in
            state.asking.remove(waiter.number)
            if state.withdrawn.remove(waiter.number) != nil { return true }
            state.waiters.append(waiter)
            return false
        }
        if isWithdrawn { waiter.continuation.resume(returning: false) } else { admit { _ in } }
    }

    private func withdraw(_ number: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.number == number }) else {
                if state.asking.contains(number) { state.withdrawn.insert(number) }
                return nil
            }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
        admit { _ in }
    }

    private func admit(_ change: (inout State) -> Void) {
        let admitted = state.withLock { state -> [Waiter] in
            change(&state)
            var admitted: [Waiter] = []
            while !state.isPaused, let first = state.waiters.first, state.used == 0 || state.used + first.weight <= capacity {
                state.used += first.weight
                admitted.append(state.waiters.removeFirst())
            }
            return admitted
        }
        for waiter in admitted { waiter.continuation.resume(returning: true) }
    }
}
