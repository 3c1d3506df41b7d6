import FileSystemTypes
import Reading
import TestSupport
import Testing

/// What is fetched for which pattern of reads.
@Suite(.timeLimit(.minutes(1))) struct PrefetcherTests {
    @Test func fetchesASmallFileWholeAtOnce() {
        var harness = Harness(size: mebibyte)
        for offset in [512, 0, 128, 640] as [Int64] { harness.read(offset * kibibyte, 128 * kibibyte) }
        #expect(harness.fetched == [ByteRange(offset: 0, count: mebibyte)])
    }

    @Test func letsASmallFileGoThatHasBeenRead() {
        var harness = Harness(size: mebibyte)
        for offset in 0..<8 as Range<Int64> { harness.read(offset * 128 * kibibyte, 128 * kibibyte) }
        #expect(harness.prefetcher.segments.isEmpty)
    }

    @Test func fetchesExactlyWhatARandomReadWants() {
        var generator = SeededGenerator(seed: 7)
        var harness = Harness(size: 4096 * gibibyte)
        for number in 0..<2000 {
            let count = [4 * kibibyte, 128 * kibibyte][number % 2]
            let offset = Int64.random(in: 1..<gibibyte, using: &generator) * 4096
            let plan = harness.read(offset, count)
            #expect(plan.ranges == [ByteRange(offset: offset, count: count)])
        }
        #expect(harness.prefetcher.segments.isEmpty, "nothing of it is kept")
    }

    @Test func growsTheWindowOfASequentialReader() {
        var harness = Harness(size: gibibyte)
        for offset in stride(from: 0, to: 256 * mebibyte, by: 128 << 10) {
            harness.read(offset, 128 * kibibyte)
            let ahead = (harness.prefetcher.segments.last?.range.end ?? 0) - (offset + 128 * kibibyte)
            // What is fetched and may be read in vain stays in proportion to what was read.
            #expect(ahead <= 2 * (offset + 128 * kibibyte) + 512 * kibibyte, "at \(offset)")
        }
        let last = harness.prefetcher.segments.last?.range.end ?? 0
        #expect(last >= 268 * mebibyte && last <= 280 * mebibyte, "the window reached to \(last)")
        #expect(harness.repeated == [])
        #expect(harness.fetched.count < 90, "\(harness.fetched.count) requests")
    }

    @Test func asksForNoMoreThanIsThere() {
        var harness = Harness(size: 10 * mebibyte + 77)
        for offset in stride(from: 0, to: 10 * mebibyte + 77, by: 100_000) { harness.read(offset, min(100_000, 10 * mebibyte + 77 - offset)) }
        #expect(harness.fetchedBytes == 10 * mebibyte + 77)
        #expect(harness.repeated == [])
    }

    /// The kernel reads ahead by itself, and its requests are answered by several threads.
    @Test func toleratesDisorder() {
        for seed in 1...20 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var harness = Harness(size: 256 * mebibyte)
            harness.read(0, mebibyte)
            for group in 0..<64 as Range<Int64> {
                let offsets = (0..<4).map { (4 * group + $0) * mebibyte }.filter { $0 > 0 }
                for offset in group == 0 ? offsets : offsets.shuffled(using: &generator) { harness.read(offset, mebibyte) }
            }
            #expect(harness.repeated == [], "seed \(seed)")
            #expect(harness.fetchedBytes == 256 * mebibyte)
            #expect(harness.fetched.count < 110, "\(harness.fetched.count) requests, seed \(seed)")
        }
    }

    @Test func seeksInsideTheWindowAreFree() {
        var harness = Harness(size: gibibyte)
        for offset in 0..<64 as Range<Int64> { harness.read(offset * mebibyte, mebibyte) }
        let before = harness.fetched.count
        harness.read(68 * mebibyte, 4096)
        harness.read(67 * mebibyte, 4096)
        harness.read(66 * mebibyte + 512 * kibibyte, 4096)
        #expect(harness.repeated == [])
        #expect(harness.fetched.count <= before + 4, "the window goes on")
    }

    @Test func aSeekFarAwayIsExact() {
        var harness = Harness(size: gibibyte)
        for offset in 0..<64 as Range<Int64> { harness.read(offset * mebibyte, mebibyte) }
        let plan = harness.read(700 * mebibyte, 4096)
        #expect(plan.ranges == [ByteRange(offset: 700 * mebibyte, count: 4096)])
        let back = harness.read(64 * mebibyte, mebibyte)
        #expect(back.pieces.count <= 2 && harness.repeated.isEmpty, "the stream is still there")
    }

    @Test func recognisesSeveralStreams() {
        var harness = Harness(size: 4 * gibibyte)
        for step in 0..<64 as Range<Int64> {
            for stream in 0..<16 as Range<Int64> { harness.read(stream * 128 * mebibyte + step * 256 * kibibyte, 256 * kibibyte) }
        }
        #expect(harness.repeated == [])
        #expect(harness.fetched.count < 400, "\(harness.fetched.count) requests for \(16 * 64) reads")
    }

    @Test func streamsThatShareAFileDoNotFetchEachOthersParts() {
        var harness = Harness(size: 128 * mebibyte)
        for step in 0..<64 as Range<Int64> {
            for stream in 0..<8 as Range<Int64> { harness.read(stream * 16 * mebibyte + step * 256 * kibibyte, 256 * kibibyte) }
        }
        #expect(harness.fetchedBytes <= 130 * mebibyte, "\(harness.fetchedBytes)")
    }

    @Test(arguments: [true, false]) func servesStrides(isForward: Bool) {
        var harness = Harness(size: gibibyte)
        let (count, distance) = (64 * kibibyte, 4 * mebibyte)
        for step in 0..<200 as Range<Int64> { harness.read((isForward ? step : 220 - step) * distance + 12 * kibibyte, count) }
        let wasted = harness.fetchedBytes - 200 * count
        #expect(wasted <= 64 * count, "\(wasted) bytes in vain")
        #expect(harness.repeated == [])
        let last = harness.read((isForward ? 200 : 20) * distance + 12 * kibibyte, count)
        let place = (isForward ? 200 : 20) * distance + 12 * kibibyte
        #expect(last.pieces.count == 1 && !last.ranges.contains { $0.offset == place }, "it was there already")
    }

    @Test func servesReverseReaders() {
        var harness = Harness(size: gibibyte)
        for step in 1...800 as ClosedRange<Int64> { harness.read(gibibyte - step * 128 * kibibyte, 128 * kibibyte) }
        #expect(harness.repeated == [])
        #expect(harness.fetched.count < 80, "\(harness.fetched.count) requests for 800 reads")
        #expect(harness.fetchedBytes <= 100 * mebibyte + 2 * 16 * mebibyte)
    }

    @Test func skippingReadersFetchNothingOfWhatTheySkip() {
        var harness = Harness(size: 4 * gibibyte)
        var generator = SeededGenerator(seed: 3)
        var offset: Int64 = 0
        var read: Int64 = 0
        for _ in 0..<300 {
            harness.read(offset, 64 * kibibyte)
            read += 64 * kibibyte
            offset += 64 * kibibyte + Int64.random(in: 1...9, using: &generator) * mebibyte
        }
        #expect(harness.fetchedBytes <= read + 4 * mebibyte, "\(harness.fetchedBytes) for \(read)")
    }

    @Test func joinsWhatIsUnderWay() {
        var harness = Harness(size: gibibyte)
        let first = harness.start(500 * mebibyte, mebibyte, by: 1)
        let second = harness.start(500 * mebibyte, mebibyte, by: 2)
        #expect(second.starting.isEmpty && first.pieces == second.pieces)
        harness.end(first)
        #expect(harness.cancelled.isEmpty, "somebody still waits for it")
        harness.end(second)
        #expect(harness.cancelled == [ByteRange(offset: 500 * mebibyte, count: mebibyte)])
    }

    @Test func closingCancelsTheWindow() {
        var harness = Harness(size: gibibyte)
        for offset in 0..<16 as Range<Int64> { harness.read(offset * mebibyte, mebibyte) }
        let plan = harness.start(16 * mebibyte, mebibyte)
        harness.end(plan)
        #expect(!harness.prefetcher.segments.isEmpty)
        harness.close()
        #expect(harness.prefetcher.segments.isEmpty && harness.world.memory.free == .max / 2)
    }

    @Test func fetchesWhatIsWantedEvenWithoutMemory() {
        var harness = Harness(size: gibibyte)
        harness.world.memory = World.Memory(0)
        for offset in 0..<64 as Range<Int64> {
            let plan = harness.read(offset * mebibyte, mebibyte)
            #expect(plan.ranges == [ByteRange(offset: offset * mebibyte, count: mebibyte)])
        }
    }

    @Test func keepsToItsShare() {
        var harness = Harness(size: gibibyte)
        harness.world.share = 2 * mebibyte
        for offset in 0..<1024 as Range<Int64> {
            harness.read(offset * 128 * kibibyte, 128 * kibibyte)
            #expect(harness.prefetcher.held <= 5 * mebibyte)
        }
    }

    @Test func fetchesWholeBlocksForTheCacheAndSkipsThoseItHas() {
        var harness = Harness(size: gibibyte, alignment: 128 * kibibyte)
        harness.world.cached = [gibibyte / 2 + 128 * kibibyte]
        let plan = harness.read(gibibyte / 2 + 100_000, 200 * kibibyte)
        #expect(
            plan.ranges == [
                ByteRange(offset: gibibyte / 2, count: 128 * kibibyte), ByteRange(offset: gibibyte / 2 + 256 * kibibyte, count: 128 * kibibyte),
            ])
        #expect(plan.pieces.count == 3)
        if case .cached(let range) = plan.pieces[1] { #expect(range.count == 128 * kibibyte) } else { Issue.record("the middle is not cached") }
    }
}
