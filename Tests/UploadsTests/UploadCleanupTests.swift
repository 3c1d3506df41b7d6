import FileSystemTypes
import Logging
import ObjectStorage
import Staging
import TestSupport
import Testing
import Uploads

/// What the life before has left of uploads.
@Suite(.timeLimit(.minutes(1))) struct UploadCleanupTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func begin(_ key: Key, in scene: UploadScene, parts: Int = 0) async throws -> Upload {
        let upload = Upload(key: key, id: try await scene.bucket.createUpload(key, ObjectAttributes()))
        for number in 0..<parts { _ = try await scene.bucket.uploadPart(upload, number: number + 1, BytesSource(Bytes(pattern(1, 5000)))) }
        return upload
    }

    private func cleanUp(_ scene: UploadScene) async throws -> [UploadID] {
        await UploadCleanup(scene.faults, scene.state.journal, logger: Self.logger).run(try await scene.state.journal.recovered())
        return try await scene.bucket.listUploads(prefix: "").map(\.id)
    }

    private func intend(_ action: Intent.Action, in scene: UploadScene) async throws {
        try await scene.state.journal.commit([.putIntent(Intent(id: scene.state.journal.newNoteID(), action: action))])
    }

    @Test func anUploadThatNobodyHeardOfIsAborted() async throws {
        let scene = try UploadScene()
        defer { scene.remove() }
        try await intend(.beginUpload("file", since: .now), in: scene)
        _ = try await begin("file", in: scene)
        #expect(try await cleanUp(scene).isEmpty)
        #expect(try await scene.state.journal.recovered().isEmpty)
    }

    /// Those of other keys, those with parts, those of other times, and those that a record names are not lost.
    @Test func othersAreLeftAlone() async throws {
        let scene = try UploadScene()
        defer { scene.remove() }
        let id = scene.state.journal.newFileID()
        let named = try await begin("file", in: scene)
        try await scene.state.journal.commit([
            .put(FileRecord(id: id, key: "file", base: .new, state: .uploading, upload: named))
        ])
        try await intend(.beginUpload("file", since: .now), in: scene)
        let parts = try await begin("file", in: scene, parts: 1)
        let longer = try await begin("file2", in: scene)
        #expect(try await Set(cleanUp(scene)) == [named.id, parts.id, longer.id])
        let now = Timestamp.now.seconds
        try await intend(.beginUpload("file2", since: Timestamp(seconds: now - 4000)), in: scene)
        try await intend(.beginUpload("file2", since: Timestamp(seconds: now + 4000)), in: scene)
        #expect(try await Set(cleanUp(scene)) == [named.id, parts.id, longer.id])
        #expect(try await scene.state.journal.recovered().intents.isEmpty)
    }

    @Test func whatIsUnwantedIsAborted() async throws {
        let scene = try UploadScene()
        defer { scene.remove() }
        let unwanted = try await begin("file", in: scene, parts: 3)
        let other = try await begin("file", in: scene, parts: 3)
        try await intend(.abortUpload(unwanted), in: scene)
        #expect(try await cleanUp(scene) == [other.id])
        #expect(try await scene.state.journal.recovered().isEmpty)
    }

    /// A store that is away is asked by the next mount; one that does not let us look is asked once.
    @Test(arguments: [(Fault.unavailable, 2), (StoreError(.accessDenied, "refused for the test"), 0)])
    func whatCannotBeDoneNow(_ error: StoreError, _ left: Int) async throws {
        let scene = try UploadScene([Fault(.every, error: error)])
        defer { scene.remove() }
        try await intend(.beginUpload("file", since: .now), in: scene)
        try await intend(.abortUpload(Upload(key: "file", id: UploadID("gone"))), in: scene)
        _ = try await cleanUp(scene)
        #expect(try await scene.state.journal.recovered().intents.count == left)
    }

    /// A begun upload whose answer was lost: the repetition aborts it.
    @Test func aLostAnswerLeavesNoUpload() async throws {
        let scene = try UploadScene([Fault(.first(2), of: [.createUpload], .after, error: Fault.connectionLost)])
        defer { scene.remove() }
        var policy = RetryPolicy()
        policy.firstDelay = .microseconds(10)
        let id = try await RetryingStore(scene.faults, policy: policy, logger: Self.logger).createUpload("file", ObjectAttributes())
        #expect(try await scene.bucket.listUploads(prefix: "").map(\.id) == [id])
        policy.maximumAttempts = 2
        scene.faults.setFaults([Fault(.every, of: [.createUpload], .after, error: Fault.connectionLost)])
        let store = RetryingStore(scene.faults, policy: policy, logger: Self.logger)
        let error = await failure { try await store.createUpload("other", ObjectAttributes()) }
        #expect(error?.outcomeUnknown == false)
        #expect(try await scene.bucket.listUploads(prefix: "other").isEmpty)
    }
}
