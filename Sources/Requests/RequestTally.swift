/// What there has been of one kind of requests. Its memory does not grow.
package struct RequestTally: Hashable, Sendable {
    /// Upper ends of `buckets`, in seconds; what took longer is in the last one.
    package static let bounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    /// Hedges and repetitions among them.
    package var sent = 0
    package var failed = 0
    package var throttled = 0
    /// Until the first byte of the answer, of all that were answered.
    package var seconds = 0.0
    /// How many answers took so long: one for each of `bounds`, and one more.
    package var buckets = [Int](repeating: 0, count: Self.bounds.count + 1)

    package init() {}

    /// Requests that were answered.
    package var answered: Int { buckets.reduce(0, +) }

    mutating func ended(_ outcome: RequestScheduler.Outcome, after latency: Duration) {
        switch outcome {
        case .answered:
            seconds += latency.seconds
            buckets[Self.bounds.firstIndex { latency.seconds <= $0 } ?? Self.bounds.count] += 1
        case .throttled: throttled += 1
        case .void: break
        }
    }
}

/// What is told of one kind of requests.
package struct RequestKindFigures: Hashable, Sendable {
    package let kind: RequestKind
    package let tally: RequestTally
    /// In seconds, of the last few hundred answers: half, nine in ten, 99 in a hundred took no longer. Empty without any.
    package let quantiles: [Double]

    package static let levels = [0.5, 0.9, 0.99]
}
