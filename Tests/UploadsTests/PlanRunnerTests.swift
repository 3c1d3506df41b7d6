import Content
import FileSystemTypes
import ObjectStorage
import Staging
import Synchronization
import TestSupport
import Testing
import Uploads

/// Plans become objects, whole or not at all.
@Suite(.timeLimit(.minutes(1))) struct PlanRunnerTests {
    @Test func aSmallFileIsOnePut() async throws {
        let scene = try UploadScene()
        defer { scene.remove() }
        let (staged, map) = try await scene.staged(pattern(1, 20_000))
        let stored = try await scene.store(map, staged)
        #expect(scene.faults.requests == [.put])
        #expect(scene.events.all.isEmpty)
        #expect(stored.version.etag == (try await scene.bucket.head("file", ReadConditions()).etag))
    }

    /// The object is not there before the last request, and the upload is recorded before the first.
    @Test func aLargeFileGoesUpInParts() async throws {
        let scene = try UploadScene()
        defer { scene.remove() }
        let bytes = pattern(1, 95_000)
        let (staged, map) = try await scene.staged(bytes)
        let job = scene.job(map, staged)
        let prepared = try await scene.runner.prepare(try scene.plan(map), job)
        #expect(await failure { try await scene.bucket.head("file", ReadConditions()) }?.reason == .noSuchKey)
        #expect(prepared.openUpload != nil)
        #expect(scene.events.all.prefix(2) == [.beginning, .created])
        #expect(Set(scene.events.all.dropFirst(2)) == Set((1...10).map { .stored($0) }))
        _ = try await scene.runner.finish(prepared, job)
        #expect(scene.events.all.last == .ended || scene.events.all.last == .completed)
        #expect(try await scene.content() == bytes)
        #expect(try await scene.bucket.listUploads(prefix: "").isEmpty)
    }

    @Test func whatCannotBeSentLeavesNothing() async throws {
        let refused = StoreError(.accessDenied, "refused for the test")
        let scene = try UploadScene([Fault(.nth(5), of: [.uploadPart], error: refused)])
        defer { scene.remove() }
        let (staged, map) = try await scene.staged(pattern(1, 95_000))
        #expect(await failure { try await scene.store(map, staged) }?.reason == .accessDenied)
        #expect(scene.events.all.last == .ended)
        #expect(try await scene.bucket.listUploads(prefix: "").isEmpty)
        #expect(await failure { try await scene.bucket.head("file", ReadConditions()) }?.reason == .noSuchKey)
    }

    @Test func anUploadThatIsKeptStays() async throws {
        let scene = try UploadScene([Fault(.nth(5), of: [.uploadPart])])
        defer { scene.remove() }
        scene.events.keepsUploads.withLock { $0 = true }
        let (staged, map) = try await scene.staged(pattern(1, 95_000))
        #expect(await failure { try await scene.store(map, staged) }?.reason == .unavailable)
        #expect(scene.events.all.last == .kept)
        #expect(try await scene.bucket.listUploads(prefix: "").count == 1)
    }

    @Test func anUploadThatCannotBeginIsTold() async throws {
        let scene = try UploadScene([Fault(.every, of: [.createUpload])])
        defer { scene.remove() }
        let (staged, map) = try await scene.staged(pattern(1, 95_000))
        #expect(await failure { try await scene.store(map, staged) } != nil)
        #expect(scene.events.all == [.beginning, .failedToBegin])
    }

    /// Only the parts that the upload lacks are sent.
    @Test func anUploadIsResumed() async throws {
        let scene = try UploadScene()
        defer { scene.remove() }
        let bytes = pattern(1, 95_000)
        var (staged, map) = try await scene.staged(bytes)
        let upload = Upload(key: "file", id: try await scene.bucket.createUpload("file", ObjectAttributes(metadata: ["ctime": "7.000000008"])))
        for number in [1, 2, 5] {
            let range = ByteRange(offset: Int64(number - 1) * UploadScene.partSize, count: UploadScene.partSize)
            let body = BytesSource(Bytes(bytes[Int(range.offset)..<Int(range.end)]))
            let part = try await scene.bucket.uploadPart(upload, number: number, body)
            map.beginPart(number, range)
            map.confirmPart(number, range, etag: part.etag)
        }
        let situation = UploadSituation(attributesChanged: true, upload: RunningUpload(carriesAttributes: true))
        let job = scene.job(map, staged, upload: upload)
        _ = try await scene.runner.finish(try await scene.runner.prepare(try scene.plan(map, situation), job), job)
        #expect(scene.faults.requests.count { $0 == .uploadPart } == 7)
        #expect(!scene.faults.requests.contains(.createUpload))
        #expect(try await scene.content() == bytes)
    }

    // MARK: Unknown outcomes

    /// The completion was carried out, and no answer says so: it is looked up and not repeated.
    @Test(arguments: [["ctime": "7.000000008"], ["mode": "33188"]])
    func aCompletionWithoutAnAnswerIsLookedUp(_ metadata: [String: String]) async throws {
        let scene = try UploadScene([Fault(.every, of: [.completeUpload], .after, error: Fault.connectionLost)])
        defer { scene.remove() }
        let bytes = pattern(1, 95_000)
        let (staged, map) = try await scene.staged(bytes)
        let job = scene.job(map, staged, metadata: metadata)
        let stored = try await scene.runner.finish(try await scene.runner.prepare(try scene.plan(map), job), job)
        #expect(scene.faults.requests.count { $0 == .completeUpload } == 1)
        #expect(scene.events.all.contains(.completed))
        #expect(stored.version.etag == (try await scene.bucket.head("file", ReadConditions()).etag))
        #expect(try await scene.content() == bytes)
    }

    /// Another attempt finds its upload gone, because the first one has completed it.
    @Test func anUploadThatIsGoneMayBeTheObject() async throws {
        let scene = try UploadScene()
        defer { scene.remove() }
        let (staged, map) = try await scene.staged(pattern(1, 95_000))
        let job = scene.job(map, staged, metadata: ["mode": "33188"])
        let prepared = try await scene.runner.prepare(try scene.plan(map), job)
        let first = try await scene.runner.finish(prepared, job)
        #expect(try await scene.runner.finish(prepared, job).version.etag == first.version.etag)
    }

    /// It was not carried out, and somebody else has written something of the same size: that is not taken for it.
    @Test(arguments: [["ctime": "7.000000008"], ["mode": "33188"]])
    func whatSomebodyElseWroteIsNotTakenForIt(_ metadata: [String: String]) async throws {
        let scene = try UploadScene([Fault(.every, of: [.completeUpload], error: Fault.connectionLost)])
        defer { scene.remove() }
        let (staged, map) = try await scene.staged(pattern(1, 95_000))
        let job = scene.job(map, staged, metadata: metadata)
        let prepared = try await scene.runner.prepare(try scene.plan(map), job)
        let theirs = ObjectAttributes(metadata: ["mode": "33188"])
        _ = try await scene.bucket.put("file", BytesSource(Bytes(pattern(2, 95_000))), theirs, .always)
        #expect(await failure { try await scene.runner.finish(prepared, job) }?.outcomeUnknown == true)
    }

    /// Of bodies that need bytes of objects only a few are in memory at a time, however many files are stored together.
    @Test func fewBodiesAreFetchedAtATime() async throws {
        let scene = try UploadScene([Fault(.every, of: [.put], error: nil, delay: .milliseconds(20))])
        defer { scene.remove() }
        let etag = try await scene.bucket.put("file", BytesSource(Bytes(pattern(1, 9000))), ObjectAttributes(), .always).etag
        let (staged, _) = try await scene.staged(pattern(2, 100))
        var map = ExtentMap(base: ObjectVersion(key: "file", etag: etag, size: 9000))
        map.write(ByteRange(offset: 10, count: 100), at: 0)
        let (plan, start) = (try scene.plan(map), ContinuousClock.now)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<30 {
                var job = scene.job(map, staged)
                (job.key, job.owner, job.condition) = (Key("copy-\(number)"), .init(UInt64(number)), .always)
                group.addTask { [job] in _ = try? await scene.runner.finish(try await scene.runner.prepare(plan, job), job) }
            }
        }
        let requests = scene.faults.requests
        var (open, most) = (0, 0)
        for request in requests {
            // The log has when a request began: a body is in memory from its GET on, and gone before the next but one PUT of its place.
            open += request == .get ? 1 : request == .put ? -1 : 0
            most = max(most, open)
        }
        #expect(most <= 6, "\(most) bodies had been fetched and not begun to be sent")
        #expect(requests.count { $0 == .put } == 30)
        // Four at a time: the pool lets no more through.
        #expect(ContinuousClock.now - start >= .milliseconds(20 * 30 / 4 - 20))
    }
}
