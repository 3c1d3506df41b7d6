import FileSystemTypes
import Testing

import Volume

/// What is fetched for which pattern of reads.
@Suite struct ReadWindowTests {
    private let mebibyte: Int64 = 1 << 20

    @Test func fetchesASmallFileWholeAtOnce() {
        var window = ReadWindow(size: 1 << 20)
        let plan = window.plan(ByteRange(offset: 0, count: 4096)) { _ in true }
        #expect(plan == .windowed(dropping: [], starting: [ByteRange(offset: 0, count: mebibyte)]))
    }

    @Test func fetchesExactlyWhatARandomReadWants() {
        var window = ReadWindow(size: 1 << 30)
        for offset in [500, 3, 800, 200] as [Int64] {
            #expect(window.plan(ByteRange(offset: offset << 20, count: 4096)) { _ in true } == .exact)
        }
        #expect(window.segments.isEmpty)
    }

    @Test func growsTheWindowOfASequentialReader() {
        var window = ReadWindow(size: 1 << 30)
        var fetched: Int64 = 0
        var farthest: Int64 = 0
        for offset in stride(from: 0, to: 256 << 20, by: 128 << 10) as StrideTo<Int64> {
            let wanted = ByteRange(offset: offset, count: 128 << 10)
            guard case .windowed(_, let started) = window.plan(wanted, reserve: { _ in true }) else {
                Issue.record("a sequential read was not recognised at \(offset)")
                return
            }
            fetched += started.reduce(0) { $0 + $1.count }
            farthest = max(farthest, (window.segments.last?.end ?? 0) - wanted.end)
            #expect(window.segments.first.map { $0.offset <= offset } ?? false, "the wanted bytes are in the window")
        }
        #expect(farthest >= 24 << 20, "the window reached \(farthest)")
        #expect(farthest <= ReadWindow.largestWindow + ReadWindow.largestSegment)
        #expect(fetched <= 256 << 20 + ReadWindow.largestWindow + ReadWindow.largestSegment, "nothing is fetched twice")
    }

    @Test func fetchesWhatIsWantedEvenWithoutABudget() {
        var window = ReadWindow(size: 1 << 30)
        for offset in stride(from: 0, to: 64 << 20, by: 1 << 20) as StrideTo<Int64> {
            let wanted = ByteRange(offset: offset, count: mebibyte)
            guard case .windowed(_, let started) = window.plan(wanted, reserve: { _ in false }) else { continue }
            #expect(started.allSatisfy { $0.offset < wanted.end })
            #expect((window.segments.last?.end ?? 0) >= wanted.end)
        }
    }

    @Test func forgetsASegmentThatFailed() {
        var window = ReadWindow(size: 8 << 20)
        _ = window.plan(ByteRange(offset: 0, count: 4096)) { _ in true }
        window.remove(window.segments[0])
        #expect(window.segments.isEmpty)
        let again = window.plan(ByteRange(offset: 0, count: 4096)) { _ in true }
        #expect(again == .windowed(dropping: [], starting: [ByteRange(offset: 0, count: mebibyte)]))
    }
}
