/// All that is decided about requests, without a clock and without requests: limit, turns, hedges. A pure value.
package struct RequestScheduler: Sendable {
    package struct Options: Hashable, Sendable {
        package var control = ConcurrencyControl.Options()
        package var hedging = HedgePolicy.Options()
        /// So many requests may wait for their turn, each at most so long.
        package var capacity = 20_000
        package var longestWait: Duration = .seconds(60)
        /// A reader that lets its body stand for so long does not count among the requests under way while others wait.
        package var longestRest: Duration = .milliseconds(250)

        package init() {}
    }

    /// What became of one request that was sent.
    package enum Outcome: Hashable, Sendable {
        /// Whatever the store said, it did its work.
        case answered
        case throttled
        /// Called off, or failed for reasons that say nothing of the load.
        case void
    }

    package let options: Options
    private var control: ConcurrencyControl
    private var queue: SlotQueue
    private var record = LatencyRecord()
    private var hedging: HedgePolicy
    private var nextAdmission: ContinuousClock.Instant?
    package var counters = RequestCounters()
    private var tallies: [RequestKind: RequestTally] = [:]

    package init(_ options: Options = Options()) {
        self.options = options
        control = ConcurrencyControl(options.control)
        queue = SlotQueue(capacity: options.capacity)
        hedging = HedgePolicy(options.hedging)
    }

    package var limit: Double { control.limit }
    package var inFlight: Int { queue.inFlight }
    package var waiting: Int { queue.waiting }

    package func inFlight(_ requestClass: RequestClass) -> Int { queue.inFlight(requestClass) }

    /// Of the requests remembered, which are the last few hundred of the kind.
    package func latency(_ quantile: Double, of kind: RequestKind) -> Duration? { record.quantile(quantile, of: kind) }

    /// Of each kind of which there has been any.
    package var kinds: [RequestKindFigures] {
        RequestKind.allCases.compactMap { kind in
            guard let tally = tallies[kind] else { return nil }
            let quantiles = RequestKindFigures.levels.compactMap { record.quantile($0, of: kind)?.seconds }
            return RequestKindFigures(kind: kind, tally: tally, quantiles: quantiles)
        }
    }

    // MARK: Slots

    /// Takes a slot at once, if that is nobody else's.
    package mutating func enter(_ requestClass: RequestClass, at now: ContinuousClock.Instant) -> Bool {
        guard isPaced(at: now), queue.enter(requestClass, of: control.slots) else { return false }
        pace(at: now)
        return true
    }

    /// False when too many wait already.
    package mutating func wait(_ ticket: SlotQueue.Ticket, at now: ContinuousClock.Instant) -> Bool { queue.wait(ticket, since: now) }

    /// False when its turn has come already: then it has a slot to leave.
    package mutating func giveUp(_ number: UInt64) -> Bool { queue.remove(number) }

    /// Somebody who waits waits from now on in another class, behind those who are there.
    package mutating func move(_ number: UInt64, to requestClass: RequestClass, at now: ContinuousClock.Instant) {
        guard queue.remove(number) else { return }
        _ = queue.wait(SlotQueue.Ticket(number, requestClass), since: now)
    }

    package mutating func leave(_ requestClass: RequestClass) { queue.leave(requestClass) }

    package mutating func reenter(_ requestClass: RequestClass) { queue.reenter(requestClass) }

    /// Whose turn it is now: to be asked after every other change, and at `nextTurn`.
    package mutating func admit(at now: ContinuousClock.Instant) -> [SlotQueue.Ticket] {
        var tickets: [SlotQueue.Ticket] = []
        while isPaced(at: now), let ticket = queue.next(of: control.slots) {
            tickets.append(ticket)
            pace(at: now)
        }
        return tickets
    }

    /// Those who have waited too long; they are out of the queue.
    package mutating func expire(at now: ContinuousClock.Instant) -> [UInt64] { queue.removeAll(waitingSince: now - options.longestWait) }

    /// When somebody's turn comes although nothing happens; nil when that is not so.
    package func nextTurn(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard let nextAdmission, nextAdmission > now, queue.waiting > 0, queue.inFlight < control.slots else { return nil }
        return nextAdmission
    }

    private func isPaced(at now: ContinuousClock.Instant) -> Bool { nextAdmission.map { now >= $0 } ?? true }

    private mutating func pace(at now: ContinuousClock.Instant) {
        let pace = control.pace
        nextAdmission = pace > .zero ? now + pace : nil
    }

    // MARK: Requests

    package mutating func began(_ kind: RequestKind) {
        counters.sent += 1
        tallies[kind, default: RequestTally()].sent += 1
        if kind.mayBeHedged { hedging.began() }
    }

    /// `latency` is that of the answer's first byte.
    package mutating func ended(_ kind: RequestKind, _ outcome: Outcome, began: ContinuousClock.Instant, at now: ContinuousClock.Instant) {
        tallies[kind, default: RequestTally()].ended(outcome, after: now - began)
        switch outcome {
        case .answered:
            record.add(now - began, of: kind)
            control.answered(kind, latency: now - began, isUsed: queue.inFlight >= control.slots || queue.waiting > 0, at: now)
        case .throttled:
            counters.throttled += 1
            hedging.throttled(at: now)
            control.throttled(began: began, inFlight: queue.inFlight, at: now)
        case .void: break
        }
    }

    /// A request failed for a reason that is counted under its name.
    package mutating func failed(_ kind: RequestKind, _ reason: String) {
        counters.errors[reason, default: 0] += 1
        tallies[kind, default: RequestTally()].failed += 1
    }

    /// How long to wait for the answer to a request before a second one is sent; nil for as long as it takes.
    package func hedgeDelay(_ kind: RequestKind, at now: ContinuousClock.Instant) -> Duration? { hedging.delay(kind, record, at: now) }

    /// Whether a second request may go; then it has a slot, and nobody had to wait for the sake of it.
    package mutating func enterHedge(_ requestClass: RequestClass, at now: ContinuousClock.Instant) -> Bool {
        guard queue.waiting == 0, queue.inFlight < control.slots, isPaced(at: now), hedging.take(at: now) else { return false }
        guard queue.enter(requestClass, of: control.slots) else { return false }
        counters.hedged += 1
        return true
    }
}

/// What there has been so far.
package struct RequestCounters: Hashable, Sendable {
    /// Requests, hedges and repetitions among them.
    package var sent = 0
    /// Answers that said that there were too many.
    package var throttled = 0
    /// Second requests for what was slow, and those whose answer came first.
    package var hedged = 0
    package var hedgesWon = 0
    /// Questions that were answered by a request that was under way already.
    package var merged = 0
    /// Requests sent again because they failed.
    package var retried = 0
    /// Requests that failed, by reason; there are a few dozen reasons.
    package var errors: [String: Int] = [:]

    package init() {}
}
