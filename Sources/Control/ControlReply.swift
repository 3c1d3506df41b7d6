internal import Threads

/// Where the answers to one request go: from the task that finds them to the thread that sends them.
package final class ControlReply: Sendable {
    private struct State {
        var answers: [ControlAnswer] = []
        var isComplete = false
        var isAbandoned = false
    }

    /// How many answers may wait for a slow reader.
    private static let longestQueue = 256
    private let state = Monitor(State())

    /// False when nobody wants further answers. Waits while too many are on their way.
    @discardableResult package func send(_ answer: ControlAnswer) async -> Bool {
        while true {
            let outcome = state.changeForAll { state -> Bool? in
                if state.isAbandoned { return false }
                guard state.answers.count < Self.longestQueue else { return nil }
                state.answers.append(answer)
                return true
            }
            if let outcome { return outcome }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// No answer follows.
    func complete() {
        state.changeForAll { $0.isComplete = true }
    }

    /// Nobody listens any more.
    func abandon() {
        state.changeForAll { $0.isAbandoned = true }
    }

    /// What there is to send; empty when nothing came within `limit`, nil after the last.
    func next(within limit: Duration) -> [ControlAnswer]? {
        let next = state.wait(atMost: limit) { state -> [ControlAnswer]?? in
            guard state.answers.isEmpty else {
                defer { state.answers = [] }
                return .some(state.answers)
            }
            return state.isComplete ? .some(nil) : .none
        }
        return next ?? []
    }
}
