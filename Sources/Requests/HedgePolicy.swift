/// When a request that takes unusually long is sent a second time. A pure value.
///
/// A second request is one more for the store to answer, so there are few of them, and none while the store has more than enough to do.
/// (Dean and Barroso, "The Tail at Scale", 2013.)
package struct HedgePolicy: Sendable {
    package struct Options: Hashable, Sendable {
        package var isOn = true
        /// Second requests for each first one.
        package var share = 0.05
        /// Second requests that may follow upon one another, if none were needed before.
        package var burst = 10.0
        /// Without so many earlier requests of a kind nobody knows what is slow.
        package var minimumSamples = 100
        /// After a throttled answer there are none for so long.
        package var quietAfterThrottling: Duration = .seconds(10)
        /// How far over the 99th percentile: a quantile of a few hundred requests is not exact.
        package var margin = 1.25
        /// Never earlier: a store that is so near has its stragglers on this machine.
        package var shortestDelay: Duration = .milliseconds(5)

        package init() {}
    }

    private let options: Options
    private var budget = 1.0
    private var quietUntil: ContinuousClock.Instant?

    package init(_ options: Options = Options()) {
        self.options = options
    }

    /// A request has begun, of those that might be hedged.
    package mutating func began() {
        budget = min(options.burst, budget + options.share)
    }

    package mutating func throttled(at now: ContinuousClock.Instant) {
        quietUntil = now + options.quietAfterThrottling
    }

    /// How long an answer is waited for before the request is sent again; nil for as long as it takes.
    package func delay(_ kind: RequestKind, _ record: LatencyRecord, at now: ContinuousClock.Instant) -> Duration? {
        guard options.isOn, kind.mayBeHedged, !isQuiet(at: now), record.count(of: kind) >= options.minimumSamples else { return nil }
        return record.ordinaryP99(of: kind).map { max(options.shortestDelay, $0 * options.margin) }
    }

    /// Whether a second request may go now; then it is counted.
    package mutating func take(at now: ContinuousClock.Instant) -> Bool {
        guard options.isOn, !isQuiet(at: now), budget >= 1 else { return false }
        budget -= 1
        return true
    }

    private func isQuiet(at now: ContinuousClock.Instant) -> Bool {
        quietUntil.map { now < $0 } ?? false
    }
}
