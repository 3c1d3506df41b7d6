import FileSystemTypes
import Logging
import ObjectStorage
import Requests
import TestSupport
import Testing

@Suite struct LimitedStoreTests {
    private let bucket = MemoryStore(buckets: [BucketName("b")]).bucket(BucketName("b"))

    private func gate(_ ceiling: Int, rest: Duration = .milliseconds(250)) -> RequestGate {
        var options = RequestScheduler.Options()
        options.control.ceiling = ceiling
        options.longestRest = rest
        return RequestGate(options)
    }

    private func put(_ key: Key, _ count: Int = 100) async throws {
        _ = try await bucket.put(key, BytesSource(Bytes([UInt8](repeating: 7, count: count))), ObjectAttributes(), .always)
    }

    private func ask(_ store: some ObjectStore, times count: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count { group.addTask { _ = try await store.head("a", ReadConditions()) } }
            try await group.waitForAll()
        }
    }

    @Test(.timeLimit(.minutes(1))) func letsNoMoreInThanTheLimit() async throws {
        try await put("a")
        let gauge = GaugedStore<MemoryBucket>.Gauge { _ in .milliseconds(3) }
        try await ask(LimitedStore(bucket.gauged(gauge), gate: gate(8)), times: 300)
        #expect(gauge.figures.most == 8)
        #expect(gauge.figures.begun == 300)
        // The negative control.
        let free = GaugedStore<MemoryBucket>.Gauge { _ in .milliseconds(3) }
        try await ask(bucket.gauged(free), times: 300)
        #expect(free.figures.most > 8)
    }

    /// Far fewer are refused than without the limit, and all are answered in the end.
    @Test(.timeLimit(.minutes(1))) func findsWhatTheStoreTakes() async throws {
        try await put("a")
        func refusals(isLimited: Bool) async throws -> Int {
            let gauge = GaugedStore<MemoryBucket>.Gauge(allowed: 10) { _ in .milliseconds(10) }
            let store = bucket.gauged(gauge)
            let logger = Logger(label: "test")
            if isLimited {
                let gate = gate(128)
                try await ask(RetryingStore(LimitedStore(MeasuredStore(store, gate: gate), gate: gate), logger: logger), times: 1500)
            } else {
                try await ask(RetryingStore(store, logger: logger), times: 1500)
            }
            return gauge.figures.refused
        }
        let limited = try await refusals(isLimited: true)
        let free = try await refusals(isLimited: false)
        print("refused: \(limited) of 1500 with the limit, \(free) without")
        #expect(limited < 150)
        #expect(free > 1000)
    }

    @Test(.timeLimit(.minutes(1))) func whoIsCancelledDoesNotWait() async throws {
        try await put("a")
        let gauge = GaugedStore<MemoryBucket>.Gauge { _ in .seconds(20) }
        let gate = gate(4)
        let store = LimitedStore(bucket.gauged(gauge), gate: gate)
        let running = (0..<4).map { _ in Task { try await store.head("a", ReadConditions()) } }
        await eventually("four requests run") { gauge.figures.underWay == 4 }
        let waiting = Task { try await store.head("a", ReadConditions()) }
        await eventually("one waits") { gate.figures.waiting == 1 }
        waiting.cancel()
        await #expect(throws: StoreError.self) { try await waiting.value }
        #expect(gate.figures.waiting == 0)
        for task in running { task.cancel() }
        for task in running { _ = await task.result }
        #expect(gauge.figures.cancelled == 4)
        #expect(gauge.figures.begun == 4)
        #expect(gate.figures.inFlight == 0)
    }

    // MARK: Bodies

    @Test(.timeLimit(.minutes(1))) func aBodyHasItsSlotUntilItHasBeenRead() async throws {
        try await put("a")
        let gate = gate(8)
        let store = LimitedStore(bucket, gate: gate)
        let read = try await store.get("a", range: nil, ReadConditions())
        #expect(gate.figures.inFlight == 1)
        _ = try await read.collect()
        #expect(gate.figures.inFlight == 0)
        let cancelled = try await store.get("a", range: nil, ReadConditions())
        cancelled.body.cancel()
        #expect(gate.figures.inFlight == 0)
        _ = try await store.get("a", range: nil, ReadConditions())
        await eventually("a dropped body leaves its slot") { gate.figures.inFlight == 0 }
        await #expect(throws: StoreError.self) { try await store.get("none", range: nil, ReadConditions()) }
        #expect(gate.figures.inFlight == 0)
    }

    /// Readers that stop until another request is answered, which has to wait for one of theirs.
    @Test(.timeLimit(.minutes(1))) func readersThatStopBlockNobody() async throws {
        try await put("a")
        let store = LimitedStore(bucket, gate: gate(4))
        var held: [ObjectContent] = []
        for _ in 0..<20 { held.append(try await store.get("a", range: nil, ReadConditions())) }
        for content in held.suffix(4) { #expect(try await content.collect().count == 100) }
    }

    /// The negative control: slots that are never lent.
    @Test(.timeLimit(.minutes(1))) func withoutLendingTheyWould() async throws {
        try await put("a")
        let gate = gate(4, rest: .seconds(3600))
        let store = LimitedStore(bucket, gate: gate)
        var held: [ObjectContent] = []
        for _ in 0..<3 { held.append(try await store.get("a", range: nil, ReadConditions())) }
        let stuck = Task { try await store.get("a", range: nil, ReadConditions()) }
        try await Task.sleep(for: .seconds(1))
        #expect(gate.figures.waiting == 1)
        stuck.cancel()
        _ = await stuck.result
        #expect(held.count == 3)
    }

    /// Of the bodies that nobody reads the oldest lose their connections; their readers get the rest all the same.
    @Test(.timeLimit(.minutes(1))) func whatRestsTooLongIsAskedForAgain() async throws {
        try await put("a", 3000)
        let gate = gate(4)
        let pieces = SlicedStore(base: bucket, pieces: 1000)
        let store = RetryingStore(LimitedStore(pieces, gate: gate), logger: Logger(label: "test"))
        var held: [ObjectContent] = []
        for _ in 0..<10 {
            let content = try await store.get("a", range: nil, ReadConditions())
            #expect(try await content.body.next()?.count == 1000)
            held.append(content)
        }
        let before = bucket.counts
        for content in held {
            var count = 1000
            while let more = try await content.body.next() { count += more.count }
            #expect(count == 3000)
        }
        let repeated = bucket.counts.total - before.total
        print("asked again for the rest of \(repeated) bodies of 10")
        #expect((1...8).contains(repeated))
        #expect(gate.figures.inFlight == 0)
    }
}

/// Bodies in pieces, so that there is something left after the first.
struct SlicedStore<Base: ObjectStore>: RequestDecorator {
    let base: Base
    let pieces: Int

    func perform<Value: Sendable>(_ call: StoreCall, _ body: () async throws(StoreError) -> Value) async throws(StoreError) -> Value {
        try await body()
    }

    func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        let content = try await base.get(key, range: range, conditions)
        return ObjectContent(info: content.info, range: content.range, body: SlicedBody(try await content.collect(), pieces))
    }
}
