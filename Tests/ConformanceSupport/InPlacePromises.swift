import FileSystemTypes
import ObjectStorage
import TestSupport

/// Objects that are changed where they lie.
enum InPlacePromises {
    static let all = [
        StorePromise("a verb that the store does not name changes nothing", needs: [], unknownVerbs),
        StorePromise("bytes are changed in the middle", needs: [.modify], middle),
        StorePromise("changing bytes past the end lets an object grow", needs: [.modify], growth),
        StorePromise("an object is cut, and grown with zeros", needs: [.modify], truncation),
        StorePromise("changed objects keep their attributes", needs: [.modify], attributes),
        StorePromise("what is not there is not cut", needs: [.modify], truncatesNothing),
        StorePromise("an object is renamed with all it has", needs: [.rename], renaming),
        StorePromise("a rename onto an object replaces nothing", needs: [.rename], renameOnto),
        StorePromise("a folder is renamed with all that is in it", needs: [.rename], folder),
        StorePromise("attributes are replaced, and what is not named goes", needs: [.replaceAttributes], replacement),
        StorePromise("attributes of what is not there are not replaced", needs: [.replaceAttributes], replacesNothing),
    ]

    private static let kept = ObjectAttributes(contentType: "text/x-windlass", metadata: ["mode": "33188", "note": "a b"])

    /// Most stores would take such a verb for a PUT: it must not reach them.
    private static func unknownVerbs(_ subject: StoreSubject) async throws {
        try await subject.put("object", Array("content".utf8), kept)
        let store = subject.store
        let other = BytesSource(Bytes([1, 2]))
        if store.capabilities.append == nil {
            try await expectFailure([.unsupported], "append") { try await store.append("object", at: 7, other, ObjectAttributes()) }
        }
        if !store.capabilities.modify {
            try await expectFailure([.unsupported], "modify") { try await store.modify("object", at: 0, other) }
            try await expectFailure([.unsupported], "truncate") { try await store.truncate("object", to: 1) }
        }
        if !store.capabilities.rename {
            try await expectFailure([.unsupported], "rename") { try await store.rename("object", to: "other") }
        }
        if !store.capabilities.replaceAttributes {
            try await expectFailure([.unsupported], "replacing attributes") { try await store.replaceAttributes("object", ObjectAttributes()) }
        }
        try expectBytes(await subject.get("object"), Array("content".utf8), "body")
        try expect(await subject.head("object").metadata, is: kept.metadata, "metadata")
        try await expectFailure([.noSuchKey], "HEAD of the new name") { try await subject.head("other") }
    }

    private static func middle(_ subject: StoreSubject) async throws {
        var bytes = Payload(seed: 1, count: 300_000).bytes
        try await subject.put("object", bytes)
        var before = try await subject.etag(of: "object")
        for (offset, count) in [(0, 1), (100_000, 100_000), (299_999, 1), (50, 7), (0, 300_000)] {
            let piece = Payload(seed: UInt64(offset + 2), count: count).bytes
            _ = try await subject.store.modify("object", at: Int64(offset), BytesSource(Bytes(piece)))
            bytes.replaceSubrange(offset..<offset + count, with: piece)
            try expectBytes(await subject.get("object"), bytes, "body after \(count) bytes at \(offset)")
            let after = try await subject.etag(of: "object")
            try expect(after != before, "the ETag stays \(before)")
            before = after
        }
    }

    private static func growth(_ subject: StoreSubject) async throws {
        try await subject.put("object", [1, 2, 3])
        _ = try await subject.store.modify("object", at: 2, BytesSource(Bytes([4, 5])))
        try expectBytes(await subject.get("object"), [1, 2, 4, 5], "body after a change across the end")
        _ = try await subject.store.modify("object", at: 100_004, BytesSource(Bytes([6])))
        let expected = [1, 2, 4, 5] + [UInt8](repeating: 0, count: 100_000) + [6]
        try expectBytes(await subject.get("object"), expected, "body after a change past the end")
        try expect(await subject.head("object").size, is: 100_005, "size")
    }

    private static func truncation(_ subject: StoreSubject) async throws {
        var bytes = Payload(seed: 3, count: 200_000).bytes
        try await subject.put("object", bytes)
        for size in [150_000, 150_000, 180_000, 5, 0, 3] {
            try await subject.store.truncate("object", to: Int64(size))
            bytes = Array(bytes.prefix(size)) + [UInt8](repeating: 0, count: max(0, size - bytes.count))
            try expectBytes(await subject.get("object"), bytes, "body of \(size) bytes")
            try expect(await subject.head("object").size, is: Int64(size), "size")
        }
    }

    private static func attributes(_ subject: StoreSubject) async throws {
        try await subject.put("object", [1, 2, 3], kept)
        _ = try await subject.store.modify("object", at: 1, BytesSource(Bytes([9])))
        try await subject.store.truncate("object", to: 2)
        let info = try await subject.head("object")
        try expect(info.metadata, is: kept.metadata, "metadata")
        try expect(info.contentType, is: kept.contentType, "content type")
    }

    private static func truncatesNothing(_ subject: StoreSubject) async throws {
        try await expectFailure([.noSuchKey], "truncate") { try await subject.store.truncate("missing", to: 5) }
        try await expectFailure([.noSuchKey], "HEAD") { try await subject.head("missing") }
    }

    private static func renaming(_ subject: StoreSubject) async throws {
        let bytes = Payload(seed: 4, count: 100_000).bytes
        try await subject.put("a b+c/old 100%41", bytes, kept)
        for (old, new) in [("a b+c/old 100%41", "a b+c/new \u{4e2d}&x=1"), ("a b+c/new \u{4e2d}&x=1", "other/new")] as [(Key, Key)] {
            try await subject.store.rename(old, to: new)
            try await expectFailure([.noSuchKey], "HEAD of the old name") { try await subject.head(old) }
            try expectBytes(await subject.get(new), bytes, "body of \(new)")
            let info = try await subject.head(new)
            try expect(info.metadata, is: kept.metadata, "metadata")
            try expect(info.contentType, is: kept.contentType, "content type")
        }
        try await expectFailure([.noSuchKey], "rename of what is not there") { try await subject.store.rename("missing", to: "new") }
    }

    private static func renameOnto(_ subject: StoreSubject) async throws {
        try await subject.put("one", [1])
        try await subject.put("two", [2])
        try await expectFailure([.conflict, .preconditionFailed], "rename") { try await subject.store.rename("one", to: "two") }
        try expectBytes(await subject.get("one"), [1], "body of the source")
        try expectBytes(await subject.get("two"), [2], "body of the destination")
    }

    private static func folder(_ subject: StoreSubject) async throws {
        for key in ["from/", "from/deep/"] as [Key] { try await subject.put(key, []) }
        for key in ["from/a", "from/deep/b", "from-not/c"] as [Key] { try await subject.put(key, key.bytes) }
        try await subject.store.rename("from/", to: "to/")
        for (old, new) in [("from/a", "to/a"), ("from/deep/b", "to/deep/b"), ("from-not/c", "from-not/c")] as [(Key, Key)] {
            try expectBytes(await subject.get(new), old.bytes, "body of \(new)")
        }
        let left = try await subject.pages(ListRequest(prefix: "from/")).flatMap(\.objects).map(\.key)
        try expect(left, is: [], "objects left in the folder")
    }

    private static func replacement(_ subject: StoreSubject) async throws {
        try await subject.put("object", Array("content".utf8), kept)
        let before = try await subject.head("object")
        let other = ObjectAttributes(contentType: "text/other", metadata: ["uid": "1000"])
        try await subject.store.replaceAttributes("object", other)
        let info = try await subject.head("object")
        try expect(info.metadata, is: other.metadata, "metadata")
        try expect(info.contentType, is: other.contentType, "content type")
        try expect(info.etag, is: before.etag, "ETag")
        try expectBytes(await subject.get("object"), Array("content".utf8), "body")
        try await subject.store.replaceAttributes("object", ObjectAttributes())
        try expect(await subject.head("object").metadata, is: [:], "metadata after all of it was dropped")
    }

    private static func replacesNothing(_ subject: StoreSubject) async throws {
        try await expectFailure([.noSuchKey], "replacing attributes") { try await subject.store.replaceAttributes("missing", kept) }
    }
}
