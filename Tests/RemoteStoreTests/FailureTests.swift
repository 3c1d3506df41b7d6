import FileSystemTypes
import Foundation
import ObjectStorage
import RemoteStore
import StoreServer
import Testing

/// What goes wrong at the server or on the way, and what the client makes of it: an error or the right bytes, never wrong ones.
@Suite(.timeLimit(.minutes(3))) struct FailureTests {
    private let bytes: [UInt8] = {
        // Not the system's: a call of the kernel for each byte would keep the other tests waiting for seconds.
        var generator = SeededGenerator(seed: 1)
        return (0..<3_000_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }()

    private func with(_ body: (EmbeddedBucket) async throws -> Void) async throws {
        let bucket = try await EmbeddedBucket()
        do {
            try await body(bucket)
        } catch {
            await bucket.end()
            throw error
        }
        await bucket.end()
    }

    private func reason(_ body: () async throws -> Void) async -> StoreError.Reason? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? StoreError)?.reason
        }
    }

    @Test func goesOnWhereABodyBrokeOff() async throws {
        try await with { bucket in
            _ = try await bucket.store.put("k", BytesSource(Bytes(bytes)), ObjectAttributes(), .always)
            let faults: [Fault] = [.reset(.inBody, afterBytes: 700_000), .truncate(bytes: 1_000_000), .reset(.afterHeaders)]
            for fault in faults {
                bucket.server.setFaults([FaultRule(fault, operations: [.getObject], times: 2)])
                #expect(await reason { _ = try await bucket.store.get("k", range: nil, ReadConditions()).collect() } != nil, "\(fault)")
                bucket.server.setFaults([FaultRule(fault, operations: [.getObject], times: 2)])
                let got = try await bucket.retrying.get("k", range: nil, ReadConditions()).collect()
                #expect(got.contiguous == bytes, "\(fault)")
            }
        }
    }

    @Test func neverMixesTwoVersionsWhenItGoesOn() async throws {
        try await with { bucket in
            _ = try await bucket.store.put("k", BytesSource(Bytes(bytes)), ObjectAttributes(), .always)
            bucket.server.setFaults([FaultRule(.reset(.inBody, afterBytes: 700_000), operations: [.getObject], times: 1)])
            let content = try await bucket.retrying.get("k", range: nil, ReadConditions())
            let other = Bytes([UInt8](repeating: 7, count: bytes.count))
            _ = try await bucket.store.put("k", BytesSource(other), ObjectAttributes(), .always)
            #expect(await reason { _ = try await content.collect() } == .preconditionFailed)
        }
    }

    @Test func distrustsAWrongLength() async throws {
        try await with { bucket in
            _ = try await bucket.store.put("k", BytesSource(Bytes(bytes)), ObjectAttributes(), .always)
            for difference in [1000, -1000] as [Int64] {
                bucket.server.setFaults([FaultRule(.contentLength(difference: difference), operations: [.getObject], times: 1)])
                let range = ByteRange(offset: 0, count: 100_000)
                let got = try? await bucket.store.get("k", range: range, ReadConditions()).collect().contiguous
                #expect(got == nil || got == Array(bytes[..<100_000]), "difference \(difference)")
            }
        }
    }

    @Test func doesNotBelieveGarbage() async throws {
        try await with { bucket in
            _ = try await bucket.store.put("k", BytesSource(Bytes(bytes)), ObjectAttributes(), .always)
            bucket.server.setFaults([FaultRule(.garbage, operations: [.listObjectsV2], times: 1)])
            #expect(await reason { _ = try await bucket.store.list(ListRequest()) } == .invalidResponse)
            bucket.server.setFaults([FaultRule(.garbage, operations: [.listObjectsV2], times: 2)])
            #expect(try await bucket.retrying.list(ListRequest()).objects.map(\.key) == ["k"])
        }
    }

    @Test func ridesOutAStorm() async throws {
        try await with { bucket in
            bucket.server.setFaults([FaultRule(.error(status: 503, code: "SlowDown"), rate: 0.5)], seed: 3)
            for index in 0..<50 {
                _ = try await bucket.retrying.put(Key("k\(index)"), BytesSource(Bytes("x")), ObjectAttributes(), .always)
            }
            bucket.server.setFaults([])
            #expect(try await bucket.store.list(ListRequest()).objects.count == 50)
        }
    }

    @Test func waitsAsLongAsItIsAsked() async throws {
        try await with { bucket in
            bucket.server.setFaults([FaultRule(.error(status: 503, code: "SlowDown", retryAfter: 1), times: 1)])
            let start = ContinuousClock.now
            _ = try await bucket.retrying.list(ListRequest())
            #expect(ContinuousClock.now - start >= .seconds(1))
        }
    }

    @Test func findsOutWhetherAnUploadWasCompleted() async throws {
        try await with { bucket in
            for fault in [Fault.reset(.beforeAnswer), .reset(.beforeWork), .error(status: 500, code: "InternalError")] {
                let key = Key("k\(UUID().uuidString)")
                let upload = Upload(key: key, id: try await bucket.store.createUpload(key, ObjectAttributes()))
                let part = try await bucket.store.uploadPart(upload, number: 1, BytesSource(Bytes(bytes)))
                bucket.server.setFaults([FaultRule(fault, operations: [.completeMultipartUpload], times: 1)])
                let receipt = try await bucket.retrying.completeUpload(upload, parts: [part], .always)
                let info = try await bucket.store.head(key, ReadConditions())
                #expect(info.size == Int64(bytes.count) && info.etag == receipt.etag, "\(fault)")
            }
        }
    }

    @Test func correctsItsClock() async throws {
        try await with { bucket in
            bucket.server.setFaults([FaultRule(.clockSkew(seconds: 3 * 3600))])
            _ = try await bucket.store.put("k", BytesSource(Bytes("x")), ObjectAttributes(), .always)
            #expect(try await bucket.store.head("k", ReadConditions()).size == 1)
        }
    }

    @Test func tellsWrongKeysFromMissingRights() async throws {
        let bucket = try await EmbeddedBucket("wrong-secret")
        #expect(await reason { _ = try await bucket.store.list(ListRequest()) } == .badCredentials)
        #expect(await reason { _ = try await bucket.store.head("k", ReadConditions()) } == .badCredentials, "what HEAD does not say, GET does")
        await bucket.end()
    }

    @Test func endsWithinItsDeadlineWhenTheServerIsGone() async throws {
        let bucket = try await EmbeddedBucket()
        await bucket.end()
        var policy = RetryPolicy()
        policy.deadline = .seconds(2)
        let store = RetryingStore(bucket.store, policy: policy, logger: EmbeddedBucket.silent)
        let start = ContinuousClock.now
        #expect(await reason { _ = try await store.list(ListRequest()) } == .unreachable)
        #expect(ContinuousClock.now - start < .seconds(50))
    }
}
