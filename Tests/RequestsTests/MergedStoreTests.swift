import FileSystemTypes
import ObjectStorage
import Requests
import TestSupport
import Testing

@Suite struct MergedStoreTests {
    private let bucket = MemoryStore(buckets: [BucketName("b")]).bucket(BucketName("b"))
    private let gate = RequestGate()
    private let gauge: GaugedStore<MemoryBucket>.Gauge
    private let store: MergedStore<GaugedStore<MemoryBucket>>

    init() {
        gauge = GaugedStore<MemoryBucket>.Gauge { _ in .milliseconds(800) }
        store = MergedStore(bucket.gauged(gauge), gate: gate)
    }

    private func put(_ key: Key, _ text: String) async throws {
        _ = try await bucket.put(key, BytesSource(Bytes(text)), ObjectAttributes(), .always)
    }

    private func all<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable () async throws -> Value) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value.self) { group in
            for _ in 0..<count { group.addTask { try await body() } }
            var values: [Value] = []
            for try await value in group { values.append(value) }
            return values
        }
    }

    @Test(.timeLimit(.minutes(1))) func equalQuestionsAreOneRequest() async throws {
        try await put("a", "content")
        let infos = try await all(50) { [store] in try await store.head("a", ReadConditions()) }
        #expect(Set(infos).count == 1)
        let texts = try await all(50) { [store] in
            try await store.get("a", range: ByteRange(offset: 1, count: 4), ReadConditions()).collect().contiguous
        }
        #expect(Set(texts) == [Array("onte".utf8)])
        let pages = try await all(50) { [store] in try await store.list(ListRequest()) }
        #expect(Set(pages).count == 1)
        #expect(gauge.figures.begun == 3)
        #expect(gate.figures.counters.merged == 147)
    }

    @Test(.timeLimit(.minutes(1))) func otherQuestionsAreNot() async throws {
        try await put("a", "content")
        async let one = store.get("a", range: ByteRange(offset: 0, count: 1), ReadConditions()).collect()
        async let two = store.get("a", range: ByteRange(offset: 1, count: 1), ReadConditions()).collect()
        async let three = store.get("a", range: ByteRange(offset: 0, count: 1), ReadConditions(ifNoneMatch: ETag("x"))).collect()
        _ = try await (one, two, three)
        #expect(gauge.figures.begun == 3)
    }

    /// All of an object whose size nobody knew, and which is too long to be kept for all.
    @Test(.timeLimit(.minutes(1))) func longBodiesAreNotShared() async throws {
        let long = [UInt8](repeating: 3, count: (1 << 20) + 1)
        _ = try await bucket.put("a", BytesSource(Bytes(long)), ObjectAttributes(), .always)
        for range in [nil, ByteRange(offset: 0, count: Int64(long.count))] {
            let bodies = try await all(3) { [store] in try await store.get("a", range: range, ReadConditions()).collect().contiguous }
            #expect(bodies == [long, long, long])
        }
        #expect(gauge.figures.begun == 6)
    }

    @Test(.timeLimit(.minutes(1))) func failuresAreShared() async throws {
        let outcomes = try await all(10) { [store] in
            do {
                _ = try await store.head("none", ReadConditions())
                return false
            } catch let error as StoreError {
                return error.reason == .noSuchKey
            }
        }
        #expect(outcomes == [Bool](repeating: true, count: 10))
        #expect(gauge.figures.begun == 1)
    }

    // MARK: Cancellation

    @Test(.timeLimit(.minutes(1))) func endsWhenTheLastIsCancelled() async throws {
        try await put("a", "content")
        let one = Task { [store] in try await store.head("a", ReadConditions()) }
        let two = Task { [store] in try await store.head("a", ReadConditions()) }
        await eventually("they share a request") { gate.figures.counters.merged == 1 && gauge.figures.underWay == 1 }
        one.cancel()
        two.cancel()
        await #expect(throws: StoreError.self) { try await one.value }
        await #expect(throws: StoreError.self) { try await two.value }
        await eventually("it ends at the store") { gauge.figures.cancelled == 1 && gauge.figures.underWay == 0 }
        // Whoever comes then has a request of its own.
        #expect(try await store.head("a", ReadConditions()).size == 7)
    }

    @Test(.timeLimit(.minutes(1))) func oneWhoIsCancelledDoesNotEndItForOthers() async throws {
        try await put("a", "content")
        let first = Task { [store] in try await store.head("a", ReadConditions()) }
        await eventually("it has begun") { gauge.figures.underWay == 1 }
        let second = Task { [store] in try await store.head("a", ReadConditions()) }
        await eventually("they share a request") { gate.figures.counters.merged == 1 }
        first.cancel()
        await #expect(throws: StoreError.self) { try await first.value }
        #expect(try await second.value.size == 7)
        #expect(gauge.figures.begun == 1)
    }

    /// What a program needs is in line behind much that is read ahead: it comes forward when the program asks.
    @Test(.timeLimit(.minutes(1))) func whoeverIsInAHurryHastensTheOthers() async throws {
        try await put("a", String(repeating: "x", count: 40))
        var options = RequestScheduler.Options()
        options.control.ceiling = 4
        let gate = RequestGate(options)
        let slow = GaugedStore<MemoryBucket>.Gauge { _ in .milliseconds(100) }
        let store = MergedStore(LimitedStore(bucket.gauged(slow), gate: gate), gate: gate)
        let ahead = store.view(.readAhead)
        let tasks = (0..<40).map { turn in
            Task { try await ahead.get("a", range: ByteRange(offset: 0, count: Int64(turn + 1)), ReadConditions()).collect().count }
        }
        await eventually("all of it waits") { gate.figures.waiting + gate.figures.inFlight == 40 }
        let start = ContinuousClock.now
        // The order in which tasks begin is nobody's: all that may be last.
        for turn in 36..<40 { _ = try await store.get("a", range: ByteRange(offset: 0, count: Int64(turn + 1)), ReadConditions()).collect() }
        let time = ContinuousClock.now - start
        #expect(time < .seconds(1), "40 requests, two at a time, take two seconds")
        #expect(slow.figures.begun < 40)
        for (turn, task) in tasks.enumerated() { #expect(try await task.value == turn + 1) }
        #expect(slow.figures.begun == 40)
    }

    // MARK: Writes

    /// A question before the write, and the same one after it: the answer to the first is what was before.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false]) func whoAsksAfterAWriteGetsWhatWasWritten(throughTheSameStore: Bool) async throws {
        try await put("d/a", "old")
        let before = Task { [store] in
            async let head = store.head("d/a", ReadConditions())
            async let bytes = store.get("d/a", range: nil, ReadConditions()).collect()
            async let page = store.list(ListRequest(prefix: "d/"))
            return try await (head.size, bytes, page.objects.count)
        }
        await eventually("they have begun") { gauge.figures.underWay == 3 }
        if throughTheSameStore {
            // Not through the gauge: the write is faster than the answers.
            let writer = MergedStoreTests.writer(store, over: bucket)
            try await writer("d/a", "newer")
            try await writer("d/b", "x")
        } else {
            try await put("d/a", "newer")
            try await put("d/b", "x")
        }
        let head = try await store.head("d/a", ReadConditions())
        let bytes = try await store.get("d/a", range: nil, ReadConditions()).collect()
        let page = try await store.list(ListRequest(prefix: "d/"))
        #expect(try await before.value == (3, Bytes("old"), 1))
        if throughTheSameStore {
            #expect(head.size == 5)
            #expect(bytes == Bytes("newer"))
            #expect(page.objects.count == 2)
        } else {
            // The negative control: of what goes past it the store knows nothing.
            #expect(head.size == 3)
        }
    }

    /// Writes into the bucket at once, and then tells the merging store of it as a write through it does.
    private static func writer(
        _ store: MergedStore<GaugedStore<MemoryBucket>>, over bucket: MemoryBucket
    ) -> (Key, String) async throws -> Void {
        { key, text in
            _ = try await store.perform(StoreCall(.upload, .upload, changes: [key])) { () async throws(StoreError) in
                try await bucket.put(key, BytesSource(Bytes(text)), ObjectAttributes(), .always)
            }
        }
    }
}
