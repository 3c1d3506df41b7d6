internal import ObjectStorage
internal import Synchronization

/// One request and all who wait for its answer. It ends when nobody does any more.
final class Flight<Answer: Sendable>: Sendable {
    private typealias Outcome = Result<Answer, StoreError>

    private struct State {
        /// Those who want the answer, whether they wait already or not yet.
        var members: Set<Int> = []
        var nextMember = 0
        var waiters: [Int: CheckedContinuation<Outcome, Never>] = [:]
        var outcome: Outcome?
        var isAbandoned = false
        var task: Task<Void, Never>?
    }

    /// How much of a hurry those who wait are in.
    let urgency: RequestUrgency
    private let state = Mutex(State())

    init(_ requestClass: RequestClass) {
        urgency = RequestUrgency(requestClass)
    }

    /// One more who wants the answer; nil when it is too late for that.
    func join() -> Int? {
        state.withLock { state in
            guard !state.isAbandoned, state.outcome == nil else { return nil }
            state.nextMember += 1
            state.members.insert(state.nextMember)
            return state.nextMember
        }
    }

    /// Sends the request: it belongs to nobody in particular, and nobody's cancellation alone ends it.
    ///
    /// `whenOver` runs before anybody gets the answer.
    func start(_ request: @escaping @Sendable () async -> Result<Answer, StoreError>, whenOver: @escaping @Sendable () -> Void) {
        let task = Task {
            let outcome = await RequestUrgency.$current.withValue(urgency) { await request() }
            whenOver()
            finish(outcome)
        }
        let isAbandoned = state.withLock { state in
            state.task = task
            return state.isAbandoned
        }
        if isAbandoned { task.cancel() }
    }

    /// The answer; `whenAbandoned` runs when this was the last who wanted it and is cancelled.
    func answer(for member: Int, whenAbandoned: @Sendable () -> Void) async throws(StoreError) -> Answer {
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let early = state.withLock { state -> Outcome? in
                    if let outcome = state.outcome { return outcome }
                    guard state.members.contains(member) else { return Self.cancelled }
                    state.waiters[member] = waiter
                    return nil
                }
                if let early { waiter.resume(returning: early) }
            }
        } onCancel: {
            if withdraw(member) { whenAbandoned() }
        }
        return try outcome.get()
    }

    private static var cancelled: Outcome { .failure(StoreError(.cancelled, "the request was cancelled")) }

    /// True when nobody is left.
    private func withdraw(_ member: Int) -> Bool {
        let (waiter, isLast, task) = state.withLock { state in
            state.members.remove(member)
            let isLast = state.members.isEmpty && state.outcome == nil && !state.isAbandoned
            if isLast { state.isAbandoned = true }
            return (state.waiters.removeValue(forKey: member), isLast, state.task)
        }
        if isLast { task?.cancel() }
        waiter?.resume(returning: Self.cancelled)
        return isLast
    }

    private func finish(_ outcome: Outcome) {
        let waiters = state.withLock { state in
            state.outcome = outcome
            state.task = nil
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: outcome) }
    }
}
