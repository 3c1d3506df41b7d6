internal import ObjectStorage
internal import Synchronization

/// The one limit for all requests of a mount: gives each its slot, in turn, and learns from their answers.
///
/// **No deadlock.** A GET keeps its slot until its body has been read, and its reader may stop: it waits for memory, or for another request, which waits
/// for a slot. So a slot never waits for a reader. While others wait, a body that nobody has read from for `longestRest` lends its slot; when its reader comes back it
/// goes on at once, one over the limit. The transport stops reading a connection whose bytes nobody takes, so such a body costs a connection and no bandwidth. Of
/// those there are at most as many as the ceiling of the limit: the one that rested longest then loses its connection, and its reader asks for the rest again
/// (`RetryingStore`). So the store is never asked over more than twice as many connections as the ceiling.
package final class RequestGate: Sendable {
    private typealias Waiter = CheckedContinuation<StoreError?, Never>

    private enum Phase {
        case held
        /// Nobody reads, since then.
        case resting(ContinuousClock.Instant)
        /// The same, and the slot is somebody else's for now.
        case lent(ContinuousClock.Instant)
    }

    private struct Slot {
        let requestClass: RequestClass
        var phase = Phase.held
        /// Makes a resting body let go of its connection.
        var dismiss: (@Sendable () -> Void)?
    }

    private struct State: ~Copyable {
        var scheduler: RequestScheduler
        var slots: [UInt64: Slot] = [:]
        var waiters: [UInt64: Waiter] = [:]
        /// Called off before they could wait.
        var withdrawn: Set<UInt64> = []
        var lastNumber: UInt64 = 0
        var isAlarmSet = false
        var isTurnSet = false
    }

    /// To be done outside the lock.
    private struct Effects {
        var admitted: [Waiter] = []
        var refused: [(Waiter, StoreError)] = []
        var dismissed: [@Sendable () -> Void] = []
        var setsAlarm = false
        /// When somebody's turn comes by time alone.
        var turn: ContinuousClock.Instant?

        func perform(_ gate: RequestGate) {
            for waiter in admitted { waiter.resume(returning: nil) }
            for (waiter, error) in refused { waiter.resume(returning: error) }
            for dismiss in dismissed { dismiss() }
            if setsAlarm { gate.startAlarm() }
            if let turn { gate.awaken(at: turn) }
        }
    }

    private let state: Mutex<State>

    package init(_ options: RequestScheduler.Options = RequestScheduler.Options()) {
        state = Mutex(State(scheduler: RequestScheduler(options)))
    }

    // MARK: Slots

    /// A slot, when it is this request's turn. Each is left once (`leave`).
    func enter(_ requestClass: RequestClass) async throws(StoreError) -> UInt64 {
        let (number, isIn) = state.withLock { state in
            state.lastNumber += 1
            let isIn = state.scheduler.enter(requestClass, at: .now)
            if isIn { state.slots[state.lastNumber] = Slot(requestClass: requestClass) }
            return (state.lastNumber, isIn)
        }
        if isIn { return number }
        let urgency = RequestUrgency.current
        urgency?.whenRaised { [weak self] in self?.raise(number, to: $0) }
        defer { urgency?.whenRaised(nil) }
        let failure = await withTaskCancellationHandler {
            await wait(SlotQueue.Ticket(number, urgency?.requestClass ?? requestClass))
        } onCancel: {
            withdraw(number)
        }
        if let failure {
            state.withLock { _ = $0.withdrawn.remove(number) }
            throw failure
        }
        return number
    }

    /// A slot for a second request, if one may go now.
    func enterHedge(_ requestClass: RequestClass) -> UInt64? {
        state.withLock { state in
            guard state.scheduler.enterHedge(requestClass, at: .now) else { return nil }
            state.lastNumber += 1
            state.slots[state.lastNumber] = Slot(requestClass: requestClass)
            return state.lastNumber
        }
    }

    /// Does nothing for a slot that was left.
    func leave(_ number: UInt64) {
        change { state, _ in
            guard let slot = state.slots.removeValue(forKey: number) else { return }
            if case .lent = slot.phase { return }
            state.scheduler.leave(slot.requestClass)
        }
    }

    /// The reader of the slot's body has what it asked for: `dismiss` takes the connection from it, should it stay away.
    func rest(_ number: UInt64, dismiss: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.slots[number]?.phase = .resting(.now)
            state.slots[number]?.dismiss = dismiss
        }
    }

    /// The reader of the slot's body wants more.
    func resume(_ number: UInt64) {
        state.withLock { state in
            guard let slot = state.slots[number] else { return }
            if case .lent = slot.phase { state.scheduler.reenter(slot.requestClass) }
            state.slots[number]?.phase = .held
        }
    }

    private func wait(_ ticket: SlotQueue.Ticket) async -> StoreError? {
        await withCheckedContinuation { waiter in
            change { state, effects in
                if state.withdrawn.remove(ticket.number) != nil {
                    effects.refused.append((waiter, Self.cancelled))
                } else if state.scheduler.wait(ticket, at: .now) {
                    state.waiters[ticket.number] = waiter
                } else {
                    effects.refused.append((waiter, StoreError(.timedOut, "too many requests wait for the store already")))
                }
            }
        }
    }

    private func raise(_ number: UInt64, to requestClass: RequestClass) {
        change { state, _ in state.scheduler.move(number, to: requestClass, at: .now) }
    }

    private func withdraw(_ number: UInt64) {
        change { state, effects in
            if let waiter = state.waiters.removeValue(forKey: number) {
                _ = state.scheduler.giveUp(number)
                effects.refused.append((waiter, Self.cancelled))
            } else if state.slots[number] == nil {
                state.withdrawn.insert(number)
            }
        }
    }

    private static let cancelled = StoreError(.cancelled, "the request was cancelled while it waited for its turn")

    // MARK: Requests

    func began(_ kind: RequestKind) {
        state.withLock { $0.scheduler.began(kind) }
    }

    func ended(_ kind: RequestKind, _ outcome: RequestScheduler.Outcome, began: ContinuousClock.Instant) {
        change { state, _ in state.scheduler.ended(kind, outcome, began: began, at: .now) }
    }

    func failed(_ kind: RequestKind, _ reason: StoreError.Reason) {
        state.withLock { $0.scheduler.failed(kind, "\(reason)") }
    }

    func hedgeDelay(_ kind: RequestKind) -> Duration? {
        state.withLock { $0.scheduler.hedgeDelay(kind, at: .now) }
    }

    func count(_ body: (inout RequestCounters) -> Void) {
        state.withLock { body(&$0.scheduler.counters) }
    }

    /// How it is now.
    package var figures: RequestFigures {
        state.withLock { state in
            RequestFigures(
                limit: state.scheduler.limit, inFlight: state.scheduler.inFlight, waiting: state.scheduler.waiting,
                counters: state.scheduler.counters, kinds: state.scheduler.kinds)
        }
    }

    // MARK: Turns

    private func change(_ body: (inout State, inout Effects) -> Void) {
        let effects = state.withLock { state in
            var effects = Effects()
            body(&state, &effects)
            Self.admit(&state, &effects)
            return effects
        }
        effects.perform(self)
    }

    private static func admit(_ state: inout State, _ effects: inout Effects) {
        for ticket in state.scheduler.admit(at: .now) {
            guard let waiter = state.waiters.removeValue(forKey: ticket.number) else { continue }
            state.slots[ticket.number] = Slot(requestClass: ticket.requestClass)
            effects.admitted.append(waiter)
        }
        effects.setsAlarm = !state.waiters.isEmpty && !state.isAlarmSet
        if effects.setsAlarm { state.isAlarmSet = true }
        guard !state.isTurnSet, let turn = state.scheduler.nextTurn(after: .now) else { return }
        effects.turn = turn
        state.isTurnSet = true
    }

    private func awaken(at turn: ContinuousClock.Instant) {
        Task.detached { [weak self] in
            try? await Task.sleep(until: turn)
            self?.change { state, _ in state.isTurnSet = false }
        }
    }

    /// Runs while somebody waits: bodies that rest, waits that last too long.
    private func startAlarm() {
        Task.detached { [weak self] in
            while self?.isAlarmNeeded() == true {
                try? await Task.sleep(for: .milliseconds(100))
                self?.tick()
            }
        }
    }

    private func isAlarmNeeded() -> Bool {
        state.withLock { state in
            state.isAlarmSet = !state.waiters.isEmpty
            return state.isAlarmSet
        }
    }

    private func tick() {
        change { state, effects in
            for number in state.scheduler.expire(at: .now) {
                guard let waiter = state.waiters.removeValue(forKey: number) else { continue }
                effects.refused.append((waiter, StoreError(.timedOut, "the request waited too long for its turn; the store is slow")))
            }
            guard !state.waiters.isEmpty else { return }
            Self.lend(&state)
            effects.dismissed = Self.dismissals(&state)
        }
    }

    private static func lend(_ state: inout State) {
        let last = ContinuousClock.now - state.scheduler.options.longestRest
        for (number, slot) in state.slots {
            guard case .resting(let since) = slot.phase, since < last else { continue }
            state.slots[number]?.phase = .lent(since)
            state.scheduler.leave(slot.requestClass)
        }
    }

    private static func dismissals(_ state: inout State) -> [@Sendable () -> Void] {
        var lent = state.slots.compactMap { number, slot -> (number: UInt64, since: ContinuousClock.Instant)? in
            guard case .lent(let since) = slot.phase else { return nil }
            return (number, since)
        }
        let excess = lent.count - state.scheduler.options.control.ceiling
        guard excess > 0 else { return [] }
        lent.sort { $0.since < $1.since }
        return lent.prefix(excess).compactMap { state.slots.removeValue(forKey: $0.number)?.dismiss }
    }
}

/// How the requests of a mount are doing.
package struct RequestFigures: Hashable, Sendable {
    /// How many may be under way now.
    package var limit: Double
    package var inFlight: Int
    package var waiting: Int
    package var counters: RequestCounters
    package var kinds: [RequestKindFigures]
}
