/// How long bytes have to wait so that no more of them go than a rate allows; pure.
///
/// Whoever comes takes its bytes at once and is told when it may go on: so turns are taken in the order of coming.
package struct TokenBucket: Hashable, Sendable {
    /// In bytes a second.
    package let rate: Int64
    /// Negative while others wait.
    private var balance: Double
    private var last: ContinuousClock.Instant

    package init(rate: Int64, at now: ContinuousClock.Instant) {
        precondition(rate > 0, "a rate is more than nothing")
        self.rate = rate
        balance = Self.burst(rate)
        last = now
    }

    /// What may go at once after a rest: a tenth of a second's worth.
    private static func burst(_ rate: Int64) -> Double { Double(rate) / 10 }

    /// So many bytes are taken at a time: a fiftieth of a second's worth, so that each of a few connections moves all the time.
    package var piece: Int { Int(min(max(rate / 50, 1 << 10), 256 << 10)) }

    /// How long to wait before `count` bytes go.
    package mutating func take(_ count: Int, at now: ContinuousClock.Instant) -> Duration {
        let elapsed = max(.zero, now - last)
        last = max(last, now)
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        balance = min(Self.burst(rate), balance + seconds * Double(rate))
        balance -= Double(count)
        return balance >= 0 ? .zero : .seconds(-balance / Double(rate))
    }
}
