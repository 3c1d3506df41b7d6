import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing

/// Conditions of writes in front of stores that know all, some or none of them.
@Suite(.timeLimit(.minutes(1))) struct GuardedStoreTests {
    /// A guarded bucket, and what is asked of the store behind it.
    private struct Bucket {
        let log: FaultingStore
        let store: GuardedStore<FaultingStore>

        init(_ capabilities: Capabilities) {
            let memory = MemoryStore(limits: .tiny, capabilities: capabilities, buckets: [BucketName("b")])
            log = FaultingStore(memory.bucket(BucketName("b")))
            store = GuardedStore(log)
        }

        func put(_ text: String, _ condition: WriteCondition) async throws(StoreError) -> ETag? {
            try await store.put("k", BytesSource(Bytes(text)), ObjectAttributes(), condition).etag
        }

        func content() async -> String? {
            guard let bytes = try? await store.get("k", range: nil, ReadConditions()).collect() else { return nil }
            return String(decoding: bytes.contiguous, as: UTF8.self)
        }

        func upload(_ text: String) async throws -> (Upload, [UploadedPart]) {
            let upload = Upload(key: "k", id: try await store.createUpload("k", ObjectAttributes()))
            return (upload, [try await store.uploadPart(upload, number: 1, BytesSource(Bytes(text)))])
        }
    }

    private static let partCopying: Capabilities = {
        var capabilities = Capabilities.least
        capabilities.partCopy = true
        return capabilities
    }()

    private static let levels = [partCopying, .memory]

    private func refused(_ what: String, _ body: () async throws -> Void) async {
        let error = await #expect(throws: StoreError.self, "\(what)") { try await body() }
        #expect(error?.reason == .preconditionFailed, "\(what)")
    }

    @Test(arguments: levels) func holdsConditionsOfPuts(capabilities: Capabilities) async throws {
        let bucket = Bucket(capabilities)
        await refused("onto a version where nothing is") { _ = try await bucket.put("0", .matches(ETag("x"))) }
        let first = try #require(try await bucket.put("1", .absent))
        await refused("where something is") { _ = try await bucket.put("2", .absent) }
        await refused("onto another version") { _ = try await bucket.put("2", .matches(ETag("x"))) }
        #expect(await bucket.content() == "1")
        _ = try await bucket.put("3", .matches(first))
        #expect(await bucket.content() == "3")
        _ = try await bucket.put("4", .always)
        #expect(await bucket.content() == "4")
    }

    @Test(arguments: levels) func holdsConditionsOfCompletions(capabilities: Capabilities) async throws {
        let bucket = Bucket(capabilities)
        let (first, parts) = try await bucket.upload("1")
        await refused("onto a version where nothing is") { _ = try await bucket.store.completeUpload(first, parts: parts, .matches(ETag("x"))) }
        let receipt = try await bucket.store.completeUpload(first, parts: parts, .absent)
        let (second, others) = try await bucket.upload("2")
        await refused("where something is") { _ = try await bucket.store.completeUpload(second, parts: others, .absent) }
        await refused("onto another version") { _ = try await bucket.store.completeUpload(second, parts: others, .matches(ETag("x"))) }
        #expect(await bucket.content() == "1")
        _ = try await bucket.store.completeUpload(second, parts: others, .matches(try #require(receipt.etag)))
        #expect(await bucket.content() == "2")
    }

    @Test(arguments: levels) func holdsConditionsOfCopies(capabilities: Capabilities) async throws {
        let bucket = Bucket(capabilities)
        let etag = try #require(try await bucket.put("source", .always))
        _ = try await bucket.store.copy(CopyRequest(source: "k", destination: "copy", ifSourceMatches: etag))
        await refused("a copy of another version") {
            _ = try await bucket.store.copy(CopyRequest(source: "k", destination: "copy", ifSourceMatches: ETag("x")))
        }
        let (upload, _) = try await bucket.upload("1")
        let range = ByteRange(offset: 0, count: 1)
        _ = try await bucket.store.copyPart(upload, number: 2, from: "k", range: range, ifSourceMatches: etag)
        await refused("a part of another version") {
            _ = try await bucket.store.copyPart(upload, number: 3, from: "k", range: range, ifSourceMatches: ETag("x"))
        }
        for body in [
            { _ = try await bucket.store.copyPart(upload, number: 3, from: "missing", range: range, ifSourceMatches: etag) },
            { _ = try await bucket.store.copy(CopyRequest(source: "missing", destination: "copy", ifSourceMatches: etag)) },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: StoreError.self) { try await body() }
            #expect(error?.reason == .noSuchKey)
        }
    }

    /// What the store holds itself, or nobody asked for, costs no further request.
    @Test func looksOnlyWhereItMust() async throws {
        for (capabilities, looks) in [(Capabilities.memory, 0), (.least, 1)] {
            let bucket = Bucket(capabilities)
            _ = try await bucket.put("1", .always)
            #expect(bucket.log.requests == [.put])
            bucket.log.setFaults([])
            await refused("where something is") { _ = try await bucket.put("2", .absent) }
            #expect(bucket.log.requests.filter { $0 == .head }.count == looks)
            #expect(bucket.log.requests.contains(.put) == (looks == 0), "what is refused by looking is not sent")
        }
    }

    /// A store that does not answer the look is not taken for one without the object.
    @Test func doesNotWriteWhenItCannotLook() async throws {
        let bucket = Bucket(.least)
        _ = try await bucket.put("1", .always)
        bucket.log.setFaults([Fault(.every, of: [.head])])
        let error = await #expect(throws: StoreError.self) { _ = try await bucket.put("2", .absent) }
        #expect(error?.reason == .unavailable)
        #expect(await bucket.content() == "1")
    }
}

extension StoreLimits {
    static let tiny: StoreLimits = {
        var limits = StoreLimits.s3
        limits.minimumPart = 1
        return limits
    }()
}
