import Content
import FileSystemTypes
import Memory
import ObjectStorage
import Staging
import TestSupport
import Testing
import Uploads

/// What is held in memory for bodies is counted in the one budget, as long as it is held and not longer.
@Suite(.timeLimit(.minutes(1))) struct UploadMemoryTests {
    /// A file whose middle was changed: what lies around that is fetched for the body.
    private func patched(_ scene: UploadScene, size: Int) async throws -> (map: ExtentMap, staged: StagedFile, bytes: [UInt8]) {
        let old = pattern(1, size)
        let etag = try await scene.bucket.put("file", BytesSource(Bytes(old)), ObjectAttributes(), .always).etag
        let new = pattern(2, 100)
        let (staged, _) = try await scene.staged(new)
        var map = ExtentMap(base: ObjectVersion(key: "file", etag: etag, size: Int64(size)))
        map.write(ByteRange(offset: Int64(size / 2), count: 100), at: 0)
        var expected = old
        expected.replaceSubrange(size / 2..<size / 2 + 100, with: new)
        return (map, staged, expected)
    }

    /// The most that was taken while `work` ran.
    private func most(_ memory: MemoryBudget, while work: @escaping @Sendable () async throws -> Void) async throws -> Int {
        let sampling = Task {
            var most = 0
            while !Task.isCancelled {
                most = max(most, memory.used[.uploads] ?? 0)
                try? await Task.sleep(for: .milliseconds(1))
            }
            return most
        }
        let result = await Task { try await work() }.result
        sampling.cancel()
        let most = await sampling.value
        try result.get()
        return most
    }

    @Test(arguments: [9_000, 95_000]) func whatIsFetchedForABodyIsCounted(size: Int) async throws {
        let slow = Fault(.first(100), of: [.put, .uploadPart], error: nil, delay: .milliseconds(50))
        let scene = try UploadScene([slow])
        defer { scene.remove() }
        let file = try await patched(scene, size: size)
        let fetched = try Int(scene.plan(file.map).cost.down)
        let most = try await most(scene.memory) { _ = try await scene.store(file.map, file.staged) }
        #expect(most >= 4000 && most <= fetched)
        #expect(scene.memory.total == 0)
        #expect(try await scene.content() == file.bytes)
    }

    @Test(arguments: [StoreOperation.get, .put]) func nothingStaysAfterAFailure(_ operation: StoreOperation) async throws {
        let refused = StoreError(.accessDenied, "refused for the test")
        let scene = try UploadScene([Fault(.first(1), of: [operation], error: refused)])
        defer { scene.remove() }
        let file = try await patched(scene, size: 9_000)
        #expect(await failure { try await scene.store(file.map, file.staged) }?.reason == .accessDenied)
        #expect(scene.memory.total == 0)
    }

    /// Negative control: bytes that lie in staging are read as they are sent.
    @Test func whatIsStagedIsNotHeld() async throws {
        let slow = Fault(.first(100), of: [.put, .uploadPart], error: nil, delay: .milliseconds(20))
        let scene = try UploadScene([slow])
        defer { scene.remove() }
        let (staged, map) = try await scene.staged(pattern(3, 95_000))
        #expect(try await most(scene.memory) { _ = try await scene.store(map, staged) } == 0)
    }
}
