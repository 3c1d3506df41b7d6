internal import Synchronization

/// The class of a request that several wait for: it rises when somebody joins who is in more of a hurry, also while it waits for its turn.
///
/// So a program does not wait behind everything that is read ahead because what it needs happens to be among it.
final class RequestUrgency: Sendable {
    private struct State {
        var requestClass: RequestClass
        var whenRaised: (@Sendable (RequestClass) -> Void)?
    }

    @TaskLocal static var current: RequestUrgency?

    private let state: Mutex<State>

    init(_ requestClass: RequestClass) {
        state = Mutex(State(requestClass: requestClass))
    }

    var requestClass: RequestClass { state.withLock { $0.requestClass } }

    /// What is read ahead becomes what is read; any other class stays.
    func raise(to other: RequestClass) {
        let action = state.withLock { state -> (@Sendable (RequestClass) -> Void)? in
            guard state.requestClass == .readAhead, other != .readAhead else { return nil }
            state.requestClass = other
            return state.whenRaised
        }
        action?(other)
    }

    /// `action` runs when the class rises from now on; nil for no more.
    func whenRaised(_ action: (@Sendable (RequestClass) -> Void)?) {
        state.withLock { $0.whenRaised = action }
    }
}
