import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing

@Suite struct FaultingStoreTests {
    private let bucket = MemoryStore(buckets: [BucketName("b")]).bucket(BucketName("b"))

    private func put(_ store: any ObjectStore, _ key: Key) async throws(StoreError) {
        _ = try await store.put(key, BytesSource(Bytes("content")), ObjectAttributes(), .always)
    }

    @Test(.timeLimit(.minutes(1))) func failsTheNthRequestBeforeItIsDone() async throws {
        let store = FaultingStore(bucket, faults: [Fault(.nth(2), of: [.put])])
        try await put(store, "one")
        await #expect(throws: StoreError.self) { try await put(store, "two") }
        try await put(store, "three")
        #expect(store.requests == [.put, .put, .put])
        #expect(store.failures == 1)
        await #expect(throws: StoreError.self) { try await bucket.head("two", ReadConditions()) }
    }

    @Test(.timeLimit(.minutes(1))) func losesAReplyAfterTheWorkIsDone() async throws {
        let store = FaultingStore(bucket, faults: [Fault(.first(1), .after, error: Fault.connectionLost)])
        let error = await #expect(throws: StoreError.self) { try await put(store, "one") }
        #expect(error?.outcomeUnknown == true)
        #expect(try await bucket.head("one", ReadConditions()).size == 7)
    }

    @Test(.timeLimit(.minutes(1))) func breaksABodyOff() async throws {
        try await put(bucket, "one")
        let store = FaultingStore(bucket, faults: [Fault(.every, of: [.get], .withinBody(after: 3), error: Fault.connectionLost)])
        let content = try await store.get("one", range: nil, ReadConditions())
        #expect(try await content.body.next() == Bytes("con"))
        await #expect(throws: StoreError.self) { try await content.body.next() }
    }

    @Test(.timeLimit(.minutes(1))) func failsAtASeededRate() async throws {
        let plan = [Fault(.rate(0.3), of: [.head])]
        let runs = [FaultingStore(bucket, faults: plan, seed: 7), FaultingStore(bucket, faults: plan, seed: 7)]
        try await put(bucket, "one")
        for store in runs {
            for _ in 0..<1000 { _ = try? await store.head("one", ReadConditions()) }
        }
        #expect((200...400).contains(runs[0].failures))
        #expect(runs[0].failures == runs[1].failures)
    }

    @Test(.timeLimit(.minutes(1))) func delays() async throws {
        let store = FaultingStore(bucket, faults: [Fault(.every, error: nil, delay: .milliseconds(50))])
        let taken = try await ContinuousClock().measure { try await put(store, "one") }
        #expect(taken >= .milliseconds(50))
    }
}
