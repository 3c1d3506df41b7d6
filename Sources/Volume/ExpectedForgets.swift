/// How many inodes the kernel has been asked to let go of a moment ago, and still has: no others are asked for in their place.
struct ExpectedForgets: Sendable {
    /// What it has not let go of after once or twice this time it keeps, because somebody uses it.
    private static let patience = Duration.seconds(1)

    private var recent = 0
    private var older = 0
    private var turned: ContinuousClock.Instant?

    mutating func note(_ count: Int, _ now: ContinuousClock.Instant) {
        turn(now)
        recent += count
    }

    /// An inode has gone.
    mutating func noteForget() {
        if older > 0 { older -= 1 } else if recent > 0 { recent -= 1 }
    }

    mutating func count(_ now: ContinuousClock.Instant) -> Int {
        turn(now)
        return recent + older
    }

    private mutating func turn(_ now: ContinuousClock.Instant) {
        guard let before = turned else { return turned = now }
        let passed = now - before
        guard passed >= Self.patience else { return }
        older = passed < Self.patience * 2 ? recent : 0
        (recent, turned) = (0, now)
    }
}
