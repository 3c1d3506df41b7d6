import FileSystemTypes
import ObjectStorage
import Requests
import TestSupport
import Testing

@Suite struct HedgedStoreTests {
    private let bucket = MemoryStore(buckets: [BucketName("b")]).bucket(BucketName("b"))
    private let warmUp = 150

    /// The time that the request after the first 150 takes, of which `late` are very slow.
    private func time(late: ClosedRange<Int>, isOn: Bool = true) async throws -> (Duration, GaugedStore<MemoryBucket>.Counts, RequestFigures) {
        _ = try await bucket.put("a", BytesSource(Bytes("content")), ObjectAttributes(), .always)
        var options = RequestScheduler.Options()
        options.hedging.isOn = isOn
        let gate = RequestGate(options)
        let gauge = GaugedStore<MemoryBucket>.Gauge { late.contains($0) ? .seconds(3) : .milliseconds(2) }
        let store = LimitedStore(HedgedStore(MeasuredStore(bucket.gauged(gauge), gate: gate), gate: gate), gate: gate)
        for _ in 0..<warmUp { _ = try await store.get("a", range: ByteRange(offset: 0, count: 7), ReadConditions()).collect() }
        let start = ContinuousClock.now
        let content = try await store.get("a", range: ByteRange(offset: 0, count: 7), ReadConditions())
        let time = ContinuousClock.now - start
        #expect(try await content.collect() == Bytes("content"))
        #expect(gate.figures.inFlight == 0)
        return (time, gauge.figures, gate.figures)
    }

    @Test(.timeLimit(.minutes(1))) func asksAgainForWhatIsLate() async throws {
        let (time, counts, figures) = try await time(late: 151...151)
        #expect(time < .seconds(2))
        #expect(counts.begun == warmUp + 2)
        // The first one was called off at the store.
        #expect(counts.cancelled == 1)
        #expect(figures.counters.hedged >= 1)
        #expect(figures.counters.hedgesWon >= 1)
    }

    /// The second request is slow, too: the first answer counts, and it ends.
    @Test(.timeLimit(.minutes(1))) func takesTheFirstAnswer() async throws {
        let (time, counts, _) = try await time(late: 151...152)
        #expect(time >= .seconds(2))
        #expect(counts.cancelled == 1)
    }

    @Test(.timeLimit(.minutes(1))) func withoutHedgingItIsLate() async throws {
        let (time, counts, figures) = try await time(late: 151...151, isOn: false)
        #expect(time >= .seconds(3))
        #expect(counts.begun == warmUp + 1)
        #expect(figures.counters.hedged == 0)
    }

    @Test(.timeLimit(.minutes(1))) func writesAreSentOnce() async throws {
        let gate = RequestGate()
        let gauge = GaugedStore<MemoryBucket>.Gauge { $0 == 151 ? .seconds(1) : .milliseconds(1) }
        let store = LimitedStore(HedgedStore(MeasuredStore(bucket.gauged(gauge), gate: gate), gate: gate), gate: gate)
        for _ in 0...warmUp { _ = try await store.put("a", BytesSource(Bytes("content")), ObjectAttributes(), .always) }
        #expect(gauge.figures.begun == warmUp + 1)
    }

    @Test(.timeLimit(.minutes(1))) func aCancelledCallerEndsBothRequests() async throws {
        _ = try await bucket.put("a", BytesSource(Bytes("content")), ObjectAttributes(), .always)
        let gate = RequestGate()
        let gauge = GaugedStore<MemoryBucket>.Gauge { $0 > 150 ? .seconds(30) : .milliseconds(1) }
        let store = LimitedStore(HedgedStore(MeasuredStore(bucket.gauged(gauge), gate: gate), gate: gate), gate: gate)
        for _ in 0..<warmUp { _ = try await store.head("a", ReadConditions()) }
        let caller = Task { try await store.head("a", ReadConditions()) }
        await eventually("two requests run") { gauge.figures.underWay == 2 }
        caller.cancel()
        await #expect(throws: StoreError.self) { try await caller.value }
        #expect(gauge.figures.cancelled == 2)
        #expect(gate.figures.inFlight == 0)
    }
}
