/// How many requests may be under way at the same time: found out by trying. A pure value.
///
/// Additive increase, multiplicative decrease (Chiu and Jain, 1989). Every success of a limit that is really used raises it: by one for each
/// success until the first refusal, then by one for as many successes as the limit has slots, and slowly near where it was refused last. A
/// throttled answer, or answers that begin late for everybody, lower it, once for all that was under way at that moment.
///
/// Below two a limit means pauses: a store may allow fewer requests a second than even one after the other would make.
package struct ConcurrencyControl: Sendable {
    package struct Options: Hashable, Sendable {
        package var ceiling = 128
        package var start = 16
        /// A limit that latency, or throttling of some requests, does not push any lower.
        package var floor = 2.0
        /// The same where the store throttles most requests.
        package var lowest = 0.002

        package init() {}
    }

    private static let fractionAfterThrottling = 0.7
    private static let fractionAfterInflation = 0.8
    /// So near to where it was refused last the limit rises slowly.
    private static let caution = 0.9
    /// So far above it the refusal is history.
    private static let oblivion = 1.2
    /// Below this a whole slot more or less is a rude step.
    private static let coarse = 8.0
    /// Of the last answers: more than this many throttled means that the store allows less than two requests at a time.
    private static let heavy = 0.15
    /// In seconds: so often at least it is tried whether the store has recovered.
    private static let longestPace = 0.25
    /// Of the last answers: up to this many throttled is chance, and no reason to ask less.
    private static let tolerated = 0.02
    /// Of so many answers that share is taken.
    private static let memory = 256.0
    /// Decreases for latency's sake in a row without effect: latency is not ours then.
    private static let fruitless = 3

    private let options: Options
    package private(set) var limit: Double
    /// Where the limit was when it was last refused; nil when nothing is known.
    private var refused: Double?
    /// It was a throttled answer that refused it, and not the time that answers take.
    private var isThrottling = false
    private var isFirstAscent = true
    /// So far the first ascent may go before it is known what answers take there.
    private var ascent: Double
    private var lastDecrease: ContinuousClock.Instant?
    private var lastCrawl: ContinuousClock.Instant?
    /// Of the last answers, with the weight of an old one fading: the part that was throttled.
    private var throttledShare = 0.0
    /// Of the last answers, stragglers as good as left out: the time to the first byte, in seconds.
    private var typical = 0.0
    private var inflation = LatencyInflation()
    /// Decreases for latency's sake in a row, and the worst ratio in the meantime.
    private var inflated: (count: Int, ratio: Double) = (0, 0)

    package init(_ options: Options = Options()) {
        self.options = options
        limit = Double(max(2, min(options.start, options.ceiling)))
        ascent = limit
    }

    package var slots: Int { max(2, min(Int(isPaced ? limit.rounded(.up) : limit), options.ceiling)) }

    /// The least time from the beginning of one request to that of the next: what makes a limit of the parts of a request. None below
    /// what timers can do.
    package var pace: Duration {
        let seconds = (typical > 0 ? typical : 0.02) / limit
        return isPaced && seconds > 0.001 ? .seconds(min(Self.longestPace, seconds)) : .zero
    }

    private var isHeavy: Bool { throttledShare > Self.heavy }

    private var isPaced: Bool { limit < 2 || isThrottling && limit < Self.coarse }

    /// An answer other than a refusal. `isUsed`: all slots were taken, so that the limit is what held others up.
    package mutating func answered(
        _ kind: RequestKind, latency: Duration, isUsed: Bool, at now: ContinuousClock.Instant
    ) {
        throttledShare *= 1 - 1 / Self.memory
        if kind.tellsLoad {
            typical = typical > 0 ? typical + (min(latency.seconds, 3 * typical) - typical) / 16 : latency.seconds
        } else {
            ascent += 1
        }
        if let ratio = inflation.add(latency, of: kind, at: now) { measured(ratio, at: now) }
        // Not before it is known whether the last step down was enough.
        if isUsed, inflated.count == 0 { increase(at: now) }
    }

    /// The store has refused a request that began at `began`, or did not answer it at all. True when that changed the limit.
    @discardableResult
    package mutating func throttled(began: ContinuousClock.Instant, inFlight: Int, at now: ContinuousClock.Instant) -> Bool {
        throttledShare += (1 - throttledShare) / Self.memory
        guard throttledShare > Self.tolerated, lastDecrease.map({ began > $0 }) ?? true else { return false }
        let floor = isHeavy ? max(options.lowest, typical / Self.longestPace) : options.floor
        // A limit that nobody used says nothing of what the store takes.
        let tried = limit > Self.coarse ? min(limit, max(Self.coarse, Double(inFlight))) : limit
        guard tried > floor else { return false }
        refused = tried
        isThrottling = true
        decrease(to: max(floor, tried * Self.fractionAfterThrottling), at: now)
        return true
    }

    private mutating func increase(at now: ContinuousClock.Instant) {
        let elapsed = lastCrawl.map { min(0.5, (now - $0).seconds) } ?? 0
        lastCrawl = now
        if let refused, limit >= refused * Self.caution, isHeavy || limit >= options.floor {
            limit += max(limit * 0.02, min(1, limit * 0.2)) * elapsed
            if limit > refused * Self.oblivion + min(1, refused * 0.2) {
                self.refused = nil
                isThrottling = false
            }
        } else if !isFirstAscent {
            limit += min(1 / limit, limit / 10)
        } else if limit < ascent {
            limit += 1
        }
        limit = min(limit, Double(options.ceiling))
    }

    private mutating func decrease(to lower: Double, at now: ContinuousClock.Instant) {
        limit = lower
        isFirstAscent = false
        lastDecrease = now
        lastCrawl = now
        inflation.restart(at: now)
    }

    private mutating func measured(_ ratio: Double, at now: ContinuousClock.Instant) {
        guard ratio > 1 else {
            inflated = (0, 0)
            ascent = max(ascent, 2 * limit)
            return
        }
        inflated = (inflated.count + 1, max(inflated.ratio, ratio))
        if inflated.count > Self.fruitless, ratio > inflated.ratio * 0.9 {
            inflation.rebase()
            inflated = (0, 0)
            refused = nil
        } else if limit > options.floor * 2 {
            refused = limit
            isThrottling = false
            decrease(to: max(options.floor * 2, limit * Self.fractionAfterInflation), at: now)
        }
    }
}
