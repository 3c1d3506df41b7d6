import TestSupport
import Testing
import Volume

@Suite(.timeLimit(.minutes(1))) struct ContentWindowTests {
    private static let start = ContinuousClock.now
    private static let bounds = ContentWindow.Bounds(bytes: 16 << 20, belief: .seconds(60))

    /// Reads the places one after the other, a millisecond apart; gives how many were fetched ahead, and how many of them were read.
    private func walk(
        _ places: some Sequence<Int>, every step: Duration = .milliseconds(1), _ bounds: ContentWindow.Bounds = bounds,
        bytes: (Int) -> Int64? = { _ in 4096 }
    ) -> (fetched: Int, used: Int) {
        var window = ContentWindows()
        var fetched: Set<Int> = []
        var used = 0
        var time = Self.start
        for place in places {
            if fetched.contains(place) { used += 1 }
            for ahead in window.read(place, at: time, bounds, bytes: bytes).places where bytes(ahead) != nil {
                #expect(fetched.insert(ahead).inserted, "a file is fetched twice")
            }
            time += step
        }
        return (fetched.count, used)
    }

    @Test func whoReadsInOrderFindsAllButTheFirstTwo() {
        let (fetched, used) = walk(0..<1000)
        #expect(used == 998)
        #expect(fetched <= 998 + ContentWindow.largest)
    }

    @Test func opensWithTheSecondFileAndGrowsWithEachHit() {
        var window = ContentWindows()
        #expect(window.read(10, at: Self.start, Self.bounds) { _ in 1 }.places.isEmpty)
        #expect(!window.isOpen)
        #expect(window.read(11, at: Self.start, Self.bounds) { _ in 1 }.places == 12..<12 + ContentWindow.first)
        let ends = (12..<60).map { window.read($0, at: Self.start, Self.bounds) { _ in 1 }.places.upperBound - $0 }
        #expect(ends.max() ?? 0 > 8 * ContentWindow.first)
    }

    /// The negative of the above: files that are opened in no order fetch next to nothing ahead.
    @Test(arguments: 1...20) func randomOrderFetchesNothingAheadOnceTheGuessHasFailed(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let (fetched, _) = walk((0..<1000).shuffled(using: &generator))
        #expect(fetched <= 4 * ContentWindow.first)
    }

    @Test(arguments: [Array((0..<500).reversed()), Array(stride(from: 0, to: 20_000, by: 40)), [Int](repeating: 5, count: 100)])
    func staysClosedWithoutOrder(_ places: [Int]) {
        #expect(walk(places).fetched == 0)
    }

    @Test func whoGoesElsewhereNeedsMoreProofThere() {
        var window = ContentWindows()
        for place in 0..<20 { _ = window.read(place, at: Self.start, Self.bounds) { _ in 1 } }
        #expect(window.isOpen)
        #expect(window.read(1000, at: Self.start, Self.bounds) { _ in 1 }.places.isEmpty)
        #expect(window.read(1001, at: Self.start, Self.bounds) { _ in 1 }.places.isEmpty)
        #expect(!window.read(1002, at: Self.start, Self.bounds) { _ in 1 }.places.isEmpty)
    }

    /// What was to be fetched is not any more, once somebody reads elsewhere and nobody goes on.
    @Test func whoStopsIsForgotten() {
        var window = ContentWindows()
        var end = 0
        for place in 0..<20 { end = max(end, window.read(place, at: Self.start, Self.bounds) { _ in 1 }.places.upperBound) }
        #expect(window.read(1000, at: Self.start + .seconds(4), Self.bounds) { _ in 1 }.dropped.isEmpty)
        #expect(window.isOpen)
        #expect(window.read(2000, at: Self.start + .seconds(6), Self.bounds) { _ in 1 }.dropped == [20..<end])
        #expect(!window.isOpen)
    }

    /// In proportion to what was read.
    @Test(arguments: [2, 5, 20, 60]) func whoStopsHasCausedLittle(count: Int) {
        let (fetched, used) = walk(0..<count)
        #expect(fetched - used <= ContentWindow.first + 2 * count)
    }

    @Test func goingOnWithEveryThirdFileClosesIt() {
        let (fetched, used) = walk(Array(0..<60) + Array(stride(from: 62, to: 3000, by: 3)))
        #expect(fetched - used <= 4 * 60)
    }

    /// Of the files of one kind among others, in proportion to what is read: here every third one.
    @Test func passingFilesOverStopsIt() {
        let (fetched, used) = walk(stride(from: 0, to: 3000, by: 3))
        #expect(fetched - used <= 2 * ContentWindow.first)
    }

    @Test func foldersAndLargeFilesInBetweenAreNotPassedOver() {
        let (fetched, used) = walk(stride(from: 0, to: 2000, by: 2)) { $0 % 2 == 0 ? 4096 : nil }
        #expect(used >= 990)
        #expect(fetched >= used)
    }

    /// Four who share the files among them read a little out of order.
    @Test func severalReadersAtATimeAreOneWalk() {
        let order = (0..<1000).map { $0 / 8 * 8 + [0, 2, 1, 3, 5, 4, 7, 6][$0 % 8] }
        let (_, used) = walk(order)
        #expect(used > 800)
    }

    @Test func holdsNoMoreBytesThanItMay() {
        var window = ContentWindows()
        let bounds = ContentWindow.Bounds(bytes: 1 << 20, belief: .seconds(60))
        var end = 0
        for place in 0..<500 {
            let fetched = window.read(place, at: Self.start + .milliseconds(place), bounds) { _ in 100_000 }.places
            if !fetched.isEmpty { end = fetched.upperBound }
            #expect(end - place - 1 <= 10)
            #expect(place < 2 || end > place, "the next file is always on its way")
        }
    }

    /// What is fetched too early is asked for again.
    @Test func slowReadersAreServedInTime() {
        var window = ContentWindows()
        let bounds = ContentWindow.Bounds(bytes: 16 << 20, belief: .seconds(1))
        for place in 0..<100 {
            let fetched = window.read(place, at: Self.start + .milliseconds(100 * place), bounds) { _ in 1 }.places
            #expect(fetched.isEmpty || fetched.upperBound - place <= ContentWindow.first + 1)
        }
    }

    @Test func whoIsExpectedNeedsNoProof() {
        var window = ContentWindows()
        #expect(window.expect(3, at: Self.start, Self.bounds) { _ in 1 } == 3..<3 + 2 * ContentWindow.first)
        #expect(window.expect(3, at: Self.start, Self.bounds) { _ in 1 }.isEmpty)
    }
}
