import FileSystemTypes
import Logging
import ObjectStorage
import TestSupport
import Testing

/// Requests that change an object in place, whose answer is lost: what they did is looked up, and not done again.
@Suite(.timeLimit(.minutes(1))) struct LostReplyTests {
    private let bucket: MemoryBucket
    private let faults: FaultingStore
    private let store: RetryingStore<FaultingStore>

    init() {
        var capabilities = Capabilities.memory
        capabilities.append = AppendRules(maximumAppends: nil)
        capabilities.modify = true
        capabilities.rename = true
        capabilities.replaceAttributes = true
        bucket = MemoryStore(capabilities: capabilities, buckets: [BucketName("b")]).bucket(BucketName("b"))
        faults = FaultingStore(bucket)
        var policy = RetryPolicy()
        policy.firstDelay = .milliseconds(1)
        policy.maximumAttempts = 4
        store = RetryingStore(faults, policy: policy, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func lose(_ operation: StoreOperation, _ moment: Fault.Moment = .after, times: Int = 1) {
        faults.setFaults([Fault(.first(times), of: [operation], moment, error: Fault.connectionLost)])
    }

    private func append(_ text: String, at position: Int64) async throws(StoreError) -> AppendReceipt {
        try await store.append("log", at: position, BytesSource(Bytes(text)), ObjectAttributes())
    }

    private func content(_ key: Key) async -> String? {
        guard let bytes = try? await bucket.get(key, range: nil, ReadConditions()).collect() else { return nil }
        return String(decoding: bytes.contiguous, as: UTF8.self)
    }

    private func sent(_ operation: StoreOperation) -> Int { faults.requests.filter { $0 == operation }.count }

    private func reason(_ body: () async throws -> Void) async -> StoreError.Reason? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? StoreError)?.reason
        }
    }

    // MARK: Appends

    @Test(arguments: [0, 3] as [Int64]) func anAppendThatWasDoneIsNotRepeated(position: Int64) async throws {
        if position > 0 { _ = try await append("one", at: 0) }
        lose(.append)
        let receipt = try await append("two", at: position)
        #expect(receipt.nextPosition == position + 3)
        let info = try await bucket.head("log", ReadConditions())
        #expect(receipt.etag == info.etag)
        #expect(await content("log") == (position > 0 ? "onetwo" : "two"))
        #expect(sent(.append) == 1)
    }

    @Test(arguments: [0, 3] as [Int64]) func anAppendThatWasNotDoneIsRepeated(position: Int64) async throws {
        if position > 0 { _ = try await append("one", at: 0) }
        lose(.append, .before, times: 2)
        let receipt = try await append("two", at: position)
        #expect(receipt.nextPosition == position + 3)
        #expect(await content("log") == (position > 0 ? "onetwo" : "two"))
        #expect(sent(.append) == 3)
    }

    /// An answer that says no is believed: nothing was done, and nothing need be looked up.
    @Test func anAppendThatTheStoreCouldNotDoIsRepeatedWithoutALook() async throws {
        faults.setFaults([Fault(.first(1), of: [.append])])
        _ = try await append("one", at: 0)
        #expect(faults.requests == [.append, .append])
    }

    @Test func bytesOfSomebodyElseAreNotTakenForOurs() async throws {
        _ = try await append("one", at: 0)
        lose(.append, .before)
        // Just as many, in between.
        faults.setFaults([Fault(.first(1), of: [.append], .before, error: Fault.connectionLost, delay: .milliseconds(100))])
        async let ours = reason { _ = try await append("two", at: 3) }
        try await Task.sleep(for: .milliseconds(30))
        _ = try await bucket.append("log", at: 3, BytesSource(Bytes("NOT")), ObjectAttributes())
        #expect(await ours == .wrongPosition)
        #expect(await content("log") == "oneNOT")
        #expect(sent(.append) == 1)
    }

    @Test func anObjectThatWentMeanwhileIsNotMadeAnew() async throws {
        _ = try await append("one", at: 0)
        faults.setFaults([Fault(.first(1), of: [.append], .before, error: Fault.connectionLost, delay: .milliseconds(100))])
        async let ours = reason { _ = try await append("two", at: 3) }
        try await Task.sleep(for: .milliseconds(30))
        try await bucket.delete("log")
        #expect(await ours == .noSuchKey)
        #expect(await content("log") == nil)
    }

    /// While the store cannot be asked either, it is asked again, and only then told.
    @Test func looksAreRepeatedToo() async throws {
        _ = try await append("one", at: 0)
        faults.setFaults([
            Fault(.first(1), of: [.append], .after, error: Fault.connectionLost), Fault(.first(2), of: [.head]),
        ])
        #expect(try await append("two", at: 3).nextPosition == 6)
        #expect(await content("log") == "onetwo")
        #expect(sent(.append) == 1)
    }

    // MARK: Renames

    @Test func aRenameThatWasDoneIsNotRepeated() async throws {
        _ = try await bucket.put("old", BytesSource(Bytes("x")), ObjectAttributes(), .always)
        lose(.rename)
        try await store.rename("old", to: "new")
        #expect(await content("new") == "x")
        #expect(await content("old") == nil)
        #expect(sent(.rename) == 1)
    }

    @Test func aRenameThatWasNotDoneIsRepeated() async throws {
        _ = try await bucket.put("old", BytesSource(Bytes("x")), ObjectAttributes(), .always)
        lose(.rename, .before, times: 2)
        try await store.rename("old", to: "new")
        #expect(await content("new") == "x")
        #expect(await content("old") == nil)
        #expect(sent(.rename) == 3)
    }

    @Test func aRenameOfFoldersIsLookedUpToo() async throws {
        for key in ["old/", "old/a"] as [Key] { _ = try await bucket.put(key, BytesSource(Bytes("")), ObjectAttributes(), .always) }
        lose(.rename)
        try await store.rename("old/", to: "new/")
        #expect(try await bucket.list(ListRequest()).objects.map(\.key) == ["new/", "new/a"])
        #expect(sent(.rename) == 1)
    }

    @Test func whatIsUnderNeitherNameWasNotRenamed() async throws {
        _ = try await bucket.put("old", BytesSource(Bytes("x")), ObjectAttributes(), .always)
        faults.setFaults([Fault(.first(1), of: [.rename], .before, error: Fault.connectionLost, delay: .milliseconds(100))])
        async let ours = reason { try await store.rename("old", to: "new") }
        try await Task.sleep(for: .milliseconds(30))
        try await bucket.delete("old")
        #expect(await ours == .noSuchKey)
    }

    /// Without a lost answer a missing source is just that, whatever the destination.
    @Test func aRenameOfNothingFails() async throws {
        _ = try await bucket.put("new", BytesSource(Bytes("x")), ObjectAttributes(), .always)
        #expect(await reason { try await store.rename("old", to: "new") } == .noSuchKey)
        #expect(faults.requests == [.rename])
    }

    // MARK: What may be sent twice

    @Test func changesThatEndInTheSameStateAreSentAgain() async throws {
        _ = try await bucket.put("k", BytesSource(Bytes("0123456789")), ObjectAttributes(metadata: ["a": "1"]), .always)
        for operation in [StoreOperation.modify, .truncate, .replaceAttributes] {
            for moment in [Fault.Moment.before, .after] {
                lose(operation, moment)
                switch operation {
                case .modify: _ = try await store.modify("k", at: 8, BytesSource(Bytes("abcd")))
                case .truncate: try await store.truncate("k", to: 11)
                default: try await store.replaceAttributes("k", ObjectAttributes(metadata: ["b": "2"]))
                }
                #expect(sent(operation) == 2)
                let expected = operation == .modify ? "01234567abcd" : "01234567abc"
                #expect(await content("k") == expected, "\(operation)")
            }
        }
        #expect(try await bucket.head("k", ReadConditions()).metadata == ["b": "2"])
    }

    // MARK: Conditional writes

    private let marked = ObjectAttributes(metadata: ["writer": "us"])

    private func put(_ text: String, _ condition: WriteCondition) async throws(StoreError) -> WriteReceipt {
        try await store.put("k", BytesSource(Bytes(text)), marked, condition)
    }

    @Test func aConditionalWriteThatWasDoneIsNotRepeated() async throws {
        lose(.put)
        let receipt = try await put("one", .absent)
        #expect(sent(.put) == 1)
        #expect(try await bucket.head("k", ReadConditions()).etag == receipt.etag)
        lose(.put)
        _ = try await put("two", .matches(try #require(receipt.etag)))
        #expect(sent(.put) == 1)
        #expect(await content("k") == "two")
    }

    /// Also where what it was to replace is as long and has the same metadata.
    @Test func aConditionalWriteThatWasNotDoneIsRepeated() async throws {
        lose(.put, .before)
        let receipt = try await put("one", .absent)
        #expect(sent(.put) == 2)
        lose(.put, .before)
        _ = try await put("two", .matches(try #require(receipt.etag)))
        #expect(sent(.put) == 2)
        #expect(await content("k") == "two")
    }

    @Test func aConditionThatSomebodyElseBrokeFails() async throws {
        faults.setFaults([Fault(.first(1), of: [.put], .before, error: Fault.connectionLost, delay: .milliseconds(100))])
        async let ours = reason { _ = try await put("one", .absent) }
        try await Task.sleep(for: .milliseconds(30))
        _ = try await bucket.put("k", BytesSource(Bytes("NOT")), ObjectAttributes(metadata: ["writer": "them"]), .always)
        #expect(await ours == .preconditionFailed)
        #expect(await content("k") == "NOT")
    }

    @Test func givesUpAfterSoManyAttempts() async throws {
        lose(.modify, .before, times: 100)
        let error = await #expect(throws: StoreError.self) { try await store.modify("k", at: 0, BytesSource(Bytes("x"))) }
        #expect(error?.attempts == 4 && sent(.modify) == 4)
    }
}
