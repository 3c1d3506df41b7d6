internal import Synchronization

/// An answer that one task waits for, for a limited time; what comes after the first answer is dropped.
package final class Reply<Value: Sendable>: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Value, Never>)
        case answered(Value)
        /// Whoever waited has it, and nobody else holds on to it.
        case delivered
    }

    private let state = Mutex(State.open)

    package init() {}

    package func answer(_ value: Value) {
        let waiter = state.withLock { state -> CheckedContinuation<Value, Never>? in
            switch state {
            case .open:
                state = .answered(value)
                return nil
            case .waiting(let continuation):
                state = .delivered
                return continuation
            case .answered, .delivered: return nil
            }
        }
        waiter?.resume(returning: value)
    }

    /// The answer, or `late` once `limit` has passed. To be called once. Cancelling the task changes nothing: the answer counts.
    package func wait(atMost limit: Duration, late: Value) async -> Value {
        let timer = Task.detached {
            do { try await Task.sleep(for: limit) } catch { return }
            self.answer(late)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Value? in
                if case .answered(let value) = state {
                    state = .delivered
                    return value
                }
                state = .waiting(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
