import FileSystemTypes
import Foundation
import ObjectStorage
import Staging
import TestSupport
import Testing
import Volume

/// Uploads that fail in the middle, or are left in the middle: they are gone on with or aborted, never left over.
@Suite(.timeLimit(.minutes(2))) struct UploadFailureTests {
    private func path() throws -> TreePath { try #require(TreePath("large")) }

    /// Many parts: they are of 16 KiB.
    private static let content = Payload(seed: 5, count: 300_000)

    private static let refused = StoreError(.accessDenied, "refused for the test")

    private func written(_ volume: VolumeUnderTest) async throws {
        #expect(await volume.apply(.overwrite(try path(), Self.content)) == .done)
    }

    private func expectStored(_ volume: VolumeUnderTest) async throws {
        let content = try await volume.bucket.get("large", range: nil, ReadConditions()).collect()
        #expect(content.contiguous == Self.content.bytes)
        #expect(try await volume.bucket.listUploads(prefix: "").isEmpty)
    }

    /// The store answers every completion with 500: the next attempt sends no part again.
    @Test func aCompletionThatFailsForGoodIsGoneOnWith() async throws {
        let volume = try await VolumeUnderTest { ($0.writesBack, $0.writeBackDelay) = (true, .seconds(60)) }
        defer { volume.remove() }
        volume.faults.setFaults([Fault(.every, of: [.completeUpload])])
        try await written(volume)
        #expect(volume.volume.pending.files == 1)
        #expect(await volume.volume.drain().count == 1)
        let sent = volume.faults.requests.count { $0 == .uploadPart }
        #expect(sent > 10)
        volume.faults.setFaults([])
        #expect(await volume.volume.drain().isEmpty)
        #expect(!volume.faults.requests.contains(.uploadPart))
        #expect(volume.faults.requests.count { $0 == .completeUpload } == 1)
        try await expectStored(volume)
    }

    /// In the default mode close(2) fails, and what is kept names its upload: the next attempt of whoever retries goes on with it.
    @Test func aCloseThatFailsLeavesNoUploadThatNobodyKnows() async throws {
        let volume = try await VolumeUnderTest()
        defer { volume.remove() }
        volume.faults.setFaults([Fault(.every, of: [.completeUpload])])
        #expect(await volume.apply(.overwrite(try path(), Self.content)) != .done)
        let left = try await volume.bucket.listUploads(prefix: "").map(\.id)
        let known = try await volume.journal.recovered().files.compactMap { $0.record.upload?.id }
        #expect(Set(left).isSubset(of: known), "nobody knows of \(left)")
    }

    /// The process ends right after the store has begun an upload, before it could be recorded.
    @Test(arguments: [false, true]) func anUploadWhoseAnswerNobodyHeardIsAborted(_ writesBack: Bool) async throws {
        let volume = try await VolumeUnderTest { options in
            (options.writesBack, options.writeBackDelay) = (writesBack, .milliseconds(1))
        }
        defer { volume.remove() }
        // What this life asks after that does not reach the store.
        volume.faults.setFaults([
            Fault(.first(1), of: [.createUpload], .after, error: StoreError(.unreachable, "the process is gone")),
            Fault(.every, of: [.createUpload, .listUploads, .put, .uploadPart], error: StoreError(.unreachable, "the process is gone")),
        ])
        _ = await volume.apply(.overwrite(try path(), Self.content))
        let end = ContinuousClock.now + .seconds(20)
        while try await volume.bucket.listUploads(prefix: "").isEmpty, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try await volume.bucket.listUploads(prefix: "").count == 1)
        try await volume.crash()
        #expect(await volume.volume.drain().isEmpty)
        #expect(try await volume.bucket.listUploads(prefix: "").isEmpty)
        if writesBack { try await expectStored(volume) }
    }

    /// Killed in the middle: the next life asks the store what it has of the upload, and sends the rest. A part that is another than the one
    /// recorded is not believed.
    @Test(arguments: [false, true]) func anotherLifeGoesOn(_ isMeddledWith: Bool) async throws {
        let volume = try await VolumeUnderTest { ($0.writesBack, $0.writeBackDelay) = (true, .seconds(60)) }
        defer { volume.remove() }
        // No part is sent while it is being written: those that were on their way when it was closed are sent again.
        volume.faults.setFaults([Fault(.every, of: [.createUpload], error: Self.refused)])
        try await written(volume)
        volume.faults.setFaults([Fault(.every, of: [.completeUpload])])
        #expect(await volume.volume.drain().count == 1)
        if isMeddledWith {
            let upload = try #require(try await volume.bucket.listUploads(prefix: "").first)
            _ = try await volume.bucket.uploadPart(upload, number: 2, BytesSource(Bytes([UInt8](repeating: 9, count: 16_384))))
        }
        try await volume.crash()
        #expect(await volume.volume.drain().isEmpty)
        #expect(volume.faults.requests.count { $0 == .uploadPart } == (isMeddledWith ? 1 : 0))
        #expect(!volume.faults.requests.contains(.createUpload))
        try await expectStored(volume)
    }

    /// The file has changed since its parts were sent: those that hold other bytes than it has are not made use of, whoever died meanwhile.
    @Test(arguments: [false, true]) func partsOfOlderContentAreNotMixedIn(_ isInAnotherLife: Bool) async throws {
        let volume = try await VolumeUnderTest { ($0.writesBack, $0.writeBackDelay) = (true, .seconds(60)) }
        defer { volume.remove() }
        volume.faults.setFaults([Fault(.every, of: [.createUpload], error: Self.refused)])
        try await written(volume)
        volume.faults.setFaults([Fault(.every, of: [.completeUpload])])
        #expect(await volume.volume.drain().count == 1)
        if isInAnotherLife { try await volume.crash() }
        let patch = Payload(seed: 6, count: 30_000)
        #expect(await volume.apply(.write(try path(), at: 70_000, patch)) == .done)
        try await volume.crash()
        let before = volume.faults.requests.count
        #expect(await volume.volume.drain().isEmpty)
        var expected = Self.content.bytes
        expected.replaceSubrange(70_000..<100_000, with: patch.bytes)
        #expect(try await volume.bucket.get("large", range: nil, ReadConditions()).collect().contiguous == expected)
        #expect(volume.faults.requests.dropFirst(before).count { $0 == .uploadPart } < 6)
        #expect(try await volume.bucket.listUploads(prefix: "").isEmpty)
    }
}
