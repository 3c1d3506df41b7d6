import TestSupport
import Testing
import Volume

/// Several who read files of one folder at the same time, in simulated time: a fetch takes 20 ms, reading what is at hand 1 ms.
@Suite(.timeLimit(.minutes(1))) struct ContentWindowsTests {
    private static let latency = Duration.milliseconds(20)
    private static let step = Duration.milliseconds(1)

    private struct Outcome {
        var passed = Duration.zero
        var fetched = 0
        var used = 0
    }

    /// Runs the readers, each through its places, until all have ended.
    private func simulate(_ readers: [[Int]], limit: Int = ContentWindows.most) -> Outcome {
        var windows = ContentWindows(limit: limit)
        let start = ContinuousClock.now
        let bounds = ContentWindow.Bounds(bytes: 16 << 20, belief: .seconds(60))
        var ready: [Int: ContinuousClock.Instant] = [:]
        var outcome = Outcome()
        var times = readers.map { _ in start }
        var positions = readers.map { _ in 0 }
        while let reader = readers.indices.filter({ positions[$0] < readers[$0].count }).min(by: { times[$0] < times[$1] }) {
            let (place, now) = (readers[reader][positions[reader]], times[reader])
            for ahead in windows.read(place, at: now, bounds, bytes: { _ in 4096 }).places where ready[ahead] == nil {
                ready[ahead] = now + Self.latency
                outcome.fetched += 1
            }
            if ready[place] != nil { outcome.used += 1 }
            times[reader] = max(ready[place] ?? now + Self.latency, now) + Self.step
            positions[reader] += 1
        }
        outcome.passed = (times.max() ?? start) - start
        return outcome
    }

    /// One from the top, others from further below.
    private func lanes(_ count: Int, of files: Int = 500) -> [[Int]] {
        (0..<count).map { lane in Array(lane * 2 * files..<(lane * 2 + 1) * files) }
    }

    @Test(arguments: 1...4) func eachReaderIsRunAheadOf(readers: Int) {
        let outcome = simulate(lanes(readers))
        // One after the other each file would take 21 ms.
        #expect(outcome.passed < .milliseconds(500 * 21 / 5))
        #expect(outcome.used >= readers * 500 - 40)
        #expect(outcome.fetched - outcome.used <= readers * ContentWindow.largest)
    }

    /// Negative control: where only one walk is known, two who read in turns take it from each other.
    @Test func oneWindowDoesNotServeTwo() {
        let outcome = simulate(lanes(2), limit: 1)
        #expect(outcome.used < 50)
        #expect(outcome.passed > .milliseconds(500 * 20))
    }

    /// Of more readers than there are windows, some are run ahead of, and little is fetched in vain.
    @Test func moreReadersThanWindowsAreServedInPart() {
        let outcome = simulate(lanes(8))
        #expect(outcome.used >= 900)
        #expect(outcome.fetched - outcome.used <= 8 * ContentWindow.largest)
    }

    /// Somebody who reads in no order neither closes the window of another, nor has much fetched in vain.
    @Test(arguments: 1...20) func whoReadsInNoOrderDisturbsNobody(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let random = Array((1000..<4000).shuffled(using: &generator).prefix(200))
        let outcome = simulate([Array(0..<500), random])
        #expect(outcome.used >= 480)
        #expect(outcome.fetched - outcome.used <= ContentWindow.largest + 8 * ContentWindow.first)
    }

    /// Who comes to where another has begun goes on from there.
    @Test func readersWhoMeetAreServed() {
        let outcome = simulate([Array(0..<600), Array(300..<600)])
        #expect(outcome.passed < .milliseconds(600 * 21 / 4))
        #expect(outcome.fetched <= 600 + 2 * ContentWindow.largest)
    }
}
