import Content
import FileSystemTypes
import ObjectStorage
import Staging
import TestSupport
import Testing
import Uploads

/// The bytes that are sent are those that were written, or nothing is.
@Suite(.timeLimit(.minutes(1))) struct BodySourceTests {
    /// Staging, zeros, and what other objects have, in one body.
    @Test func aBodyIsPutTogether() async throws {
        let scene = try UploadScene()
        defer { scene.remove() }
        let old = pattern(1, 9000)
        let etag = try await scene.bucket.put("file", BytesSource(Bytes(old)), ObjectAttributes(), .always).etag
        let new = pattern(2, 1234)
        let (staged, _) = try await scene.staged(new)
        var map = ExtentMap(base: ObjectVersion(key: "file", etag: etag, size: 9000))
        map.write(ByteRange(offset: 4000, count: 1234), at: 0)
        map.punch(ByteRange(offset: 100, count: 50))
        map.truncate(to: 12_000)
        _ = try await scene.store(map, staged)
        var expected = old + [UInt8](repeating: 0, count: 3000)
        expected.replaceSubrange(4000..<5234, with: new)
        expected.replaceSubrange(100..<150, with: [UInt8](repeating: 0, count: 50))
        #expect(try await scene.content() == expected)
    }

    /// One byte of the staging file changes after it was written: neither a PUT nor a part is made of it.
    @Test(arguments: [15_000, 95_000]) func aFlippedBitIsNeverUploaded(_ count: Int) async throws {
        let scene = try UploadScene()
        defer { scene.remove() }
        let (staged, map) = try await scene.staged(pattern(3, count))
        try scene.damage(staged, at: count / 2)
        let error = await failure { try await scene.store(map, staged) }
        #expect(error?.reason == .localDamage)
        let path = try #require(scene.path(of: staged))
        // Checks are of 16 KiB each.
        let start = count / 2 / 16_384 * 16_384
        let message = error?.message ?? ""
        #expect(message.hasPrefix("file cannot be uploaded: \(path) is damaged near offset \(start)"), "\(message)")
        #expect(message.contains("windlass recover --export DIR"))
        #expect(await failure { try await scene.bucket.head("file", ReadConditions()) }?.reason == .noSuchKey)
        #expect(try await scene.bucket.listUploads(prefix: "").isEmpty)
    }

    /// Negative control: nothing was flipped.
    @Test(arguments: [15_000, 95_000]) func whatIsWholeIsUploaded(_ count: Int) async throws {
        let scene = try UploadScene()
        defer { scene.remove() }
        let bytes = pattern(3, count)
        let (staged, map) = try await scene.staged(bytes)
        _ = try await scene.store(map, staged)
        #expect(try await scene.content() == bytes)
    }

    /// What somebody else has put in the place of a version is not taken for it.
    @Test func anotherVersionIsNotMixedIn() async throws {
        let scene = try UploadScene()
        defer { scene.remove() }
        let etag = try await scene.bucket.put("file", BytesSource(Bytes(pattern(1, 9000))), ObjectAttributes(), .always).etag
        let (staged, _) = try await scene.staged(pattern(2, 100))
        var map = ExtentMap(base: ObjectVersion(key: "file", etag: etag, size: 9000))
        map.write(ByteRange(offset: 10, count: 100), at: 0)
        let other = pattern(4, 9000)
        _ = try await scene.bucket.put("file", BytesSource(Bytes(other)), ObjectAttributes(), .always)
        #expect(await failure { try await scene.store(map, staged) }?.reason == .preconditionFailed)
        #expect(try await scene.content() == other)
    }
}
