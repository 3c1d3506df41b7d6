/// Whether answers begin later than they do when the store is not busy. A pure value.
///
/// Each kind of request has its base: it follows lower medians of a window, and creeps up with time, so slowly that what we ourselves bring about does not become
/// the rule. Medians, because stragglers say nothing of the load.
package struct LatencyInflation: Sendable {
    /// A window has at least so many requests, and lasts at least so long.
    private static let samples = 15
    private static let shortest: Duration = .milliseconds(50)
    /// By how much the base creeps up in a second, of what it was.
    private static let creep = 0.001
    /// How much of a lower median the base takes over: one lucky moment is not the rule.
    private static let descent = 0.3
    private static let factor = 2.0
    /// Differences below this are noise, whatever the factor.
    private static let noise = 0.005

    private struct Window: Sendable {
        var base: Double?
        var median = 0.0
        var values: [Double] = []
        var began: ContinuousClock.Instant
    }

    private var windows: [RequestKind: Window] = [:]
    private var restarted: ContinuousClock.Instant?

    package init() {}

    /// Nil while there is not enough to say; else by how many times answers are slower than at their best, 1 where that is no matter.
    package mutating func add(_ latency: Duration, of kind: RequestKind, at now: ContinuousClock.Instant) -> Double? {
        guard kind.tellsLoad, restarted.map({ now - latency > $0 }) ?? true else { return nil }
        var window = windows[kind] ?? Window(began: now)
        defer { windows[kind] = window }
        if window.values.count < LatencyRecord.capacity { window.values.append(latency.seconds) }
        guard window.values.count >= Self.samples, now - window.began >= Self.shortest else { return nil }
        let median = window.values.sorted()[window.values.count / 2]
        let crept = (window.base ?? median) * (1 + Self.creep * min(1, (now - window.began).seconds))
        let base = median < crept ? crept + (median - crept) * Self.descent : crept
        window = Window(base: base, median: median, began: now)
        return median > base * Self.factor && median - base > Self.noise ? median / base : 1
    }

    /// The limit has changed: requests that began before say nothing of what comes now.
    package mutating func restart(at now: ContinuousClock.Instant) {
        restarted = now
        for kind in windows.keys {
            windows[kind]?.values = []
            windows[kind]?.began = now
        }
    }

    /// The store is as slow as it is now, however few requests it has: that is its base.
    package mutating func rebase() {
        for kind in windows.keys {
            guard let median = windows[kind]?.median, median > 0 else { continue }
            windows[kind]?.base = median
        }
    }
}
