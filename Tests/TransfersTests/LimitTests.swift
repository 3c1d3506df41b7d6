import Crypto
import FileSystemTypes
import Foundation
import LocalFiles
import ObjectStorage
import Synchronization
import TestSupport
import Testing
import Transfers

/// Rates, room, sizes of parts.
@Suite(.timeLimit(.minutes(1))) struct LimitTests {
    /// Several who take what they want, whenever: in no span of time goes more than the rate and the burst allow, and no time is lost while somebody waits.
    @Test(arguments: SeededGenerator.seeds(50)) func theRateIsKept(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let rate = Int64.random(in: 1000...100_000_000, using: &generator)
        let start = ContinuousClock.now
        var bucket = TokenBucket(rate: rate, at: start)
        var readers = [ContinuousClock.Instant](repeating: start, count: 4)
        var sent: [(end: Double, bytes: Int)] = []
        for _ in 0..<500 {
            let index = readers.indices.min { readers[$0] < readers[$1] } ?? 0
            let count = Int.random(in: 1...bucket.piece, using: &generator)
            readers[index] += bucket.take(count, at: readers[index])
            sent.append(((readers[index] - start) / .seconds(1), count))
        }
        var bytes = 0
        for (end, count) in sent.sorted(by: { $0.end < $1.end }) {
            bytes += count
            #expect(Double(bytes) <= Double(rate) * end + Double(rate) / 10 + 1, "seed \(seed)")
        }
        let last = sent.map(\.end).max() ?? 0
        #expect(Double(bytes) >= Double(rate) * last - Double(bucket.piece))
    }

    @Test(arguments: SeededGenerator.seeds(100)) func partsCoverAFile(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let size = Int64.random(in: 1...1 << Int64.random(in: 1...45, using: &generator), using: &generator)
        let layout = PartLayout(size: size, wanted: Int64.random(in: 1...100 << 20, using: &generator), .s3)
        #expect((1...10_000).contains(layout.count))
        #expect(layout.range(1).offset == 0 && layout.range(layout.count).end == size && !layout.range(layout.count).isEmpty)
        let number = Int.random(in: 1...layout.count, using: &generator)
        if number < layout.count {
            #expect(layout.range(number).end == layout.range(number + 1).offset)
            #expect(layout.range(number).count >= StoreLimits.s3.minimumPart)
        }
    }

    @Test func roomIsGivenUpToTheLimitAndAfterAPause() async {
        let slots = WeightedSlots(10)
        #expect(await slots.acquire(6))
        let second = Task { await slots.acquire(6) }
        try? await Task.sleep(for: .milliseconds(50))
        #expect(slots.used == 6)
        slots.pause()
        slots.release(6)
        try? await Task.sleep(for: .milliseconds(50))
        #expect(slots.used == 0)
        slots.resume()
        #expect(await second.value)
        let cancelled = Task { await slots.acquire(6) }
        cancelled.cancel()
        #expect(await !cancelled.value)
        slots.release(6)
        // What is heavier than all the room gets it alone.
        #expect(await slots.acquire(100))
        slots.release(100)
        #expect(slots.used == 0)
    }

    @Test func aQueueGivesAllInOrderAndHoldsBackWhoIsAhead() async {
        let queue = BoundedQueue<Int>(capacity: 5)
        let most = Mutex(0)
        let maker = Task {
            for number in 0..<1000 {
                guard await queue.put(number) else { break }
                most.withLock { $0 = max($0, number) }
            }
            queue.finish()
        }
        try? await Task.sleep(for: .milliseconds(50))
        #expect(most.withLock { $0 } == 4)
        var taken: [Int] = []
        while let number = await queue.take() { taken.append(number) }
        await maker.value
        #expect(taken == Array(0..<1000))
    }

    @Test func namesOfFilesOnTheirWay() {
        let long = ArraySlice([UInt8](repeating: 120, count: 250))
        let other = ArraySlice([UInt8](repeating: 120, count: 249) + [121])
        #expect(PartFileName.of(long, job: "0123456789ab").count <= 255)
        #expect(PartFileName.of(long, job: "0123456789ab") != PartFileName.of(other, job: "0123456789ab"))
        let name = PartFileName.of("a".utf8.map(\.self)[...], job: "0123456789ab")
        #expect(PartFileName.isOne(name) && PartFileName.isOne(name, job: "0123456789ab") && !PartFileName.isOne(name, job: "ffff"))
        #expect(!PartFileName.isOne(Array("a.windlass-part-".utf8)) && !PartFileName.isOne(Array("a.windlass-part-xyz".utf8)))
    }

    @Test func anETagIsHeldAgainstAFile() throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let bytes = (0..<(11 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try Data(bytes).write(to: URL(filePath: scratch.file("f").description))
        let file = try LocalSystem.open(scratch.file("f"), O_RDONLY)
        defer { file.close() }
        func text(_ digest: some Sequence<UInt8>) -> String { digest.map { String(format: "%02x", $0) }.joined() }
        let whole = text(Insecure.MD5.hash(data: bytes))
        var all = Insecure.MD5()
        for part in [bytes[..<(5 << 20)], bytes[(5 << 20)..<(10 << 20)], bytes[(10 << 20)...]] {
            all.update(data: Array(Insecure.MD5.hash(data: Array(part))))
        }
        let parts = text(all.finalize()) + "-3"
        for (etag, matches) in [(whole, true), (parts, true), (String(whole.reversed()), false), (parts.replacing("-3", with: "-2"), false)] {
            let form = try #require(DigestForm(ETag(etag)))
            #expect(try form.matches(file, size: Int64(bytes.count), wanted: 16 << 20) == matches, "\(etag)")
        }
        #expect(DigestForm(ETag("opaque")) == nil && DigestForm(ETag(whole + "-x")) == nil)
    }
}
