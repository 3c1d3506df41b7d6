import FileSystemTypes
import ObjectStorage
import TestSupport

/// PUT, HEAD, GET and DELETE of whole objects.
enum ObjectPromises {
    static let all = [
        StorePromise("an object of no bytes", emptyObject),
        StorePromise("an object's bytes, size, ETag and time", roundTrip),
        StorePromise("20 MiB", largeObject),
        StorePromise("a PUT replaces bytes and ETag", replacement),
        StorePromise("of many PUTs at one moment, all succeed and one stays", concurrentPuts),
        StorePromise("a missing object is noSuchKey", missingObject),
        StorePromise("content type", contentType),
        StorePromise("headers that readers are given", headers),
        StorePromise("user metadata", metadata),
        StorePromise("user metadata near the limit", largeMetadata),
        StorePromise("a PUT replaces all metadata", metadataReplacement),
        StorePromise("deleting, also what is not there", deletion),
        StorePromise("deleting many, also what is not there", needs: [.noFolderObjects], batchDeletion),
    ]

    private static func emptyObject(_ subject: StoreSubject) async throws {
        try await subject.put("empty", [])
        try expect(await subject.head("empty").size, is: 0, "size")
        try expectBytes(await subject.get("empty"), [], "body")
    }

    private static func roundTrip(_ subject: StoreSubject) async throws {
        let bytes = Payload(seed: 1, count: 100_001).bytes
        let receipt = try await subject.put("folder/object", bytes)
        let content = try await subject.store.get("folder/object", range: nil, ReadConditions())
        try expectBytes(await content.collect().contiguous, bytes, "body")
        let info = try await subject.head("folder/object")
        try expect(info.size, is: 100_001, "size of HEAD")
        try expect(content.info.size, is: 100_001, "size of GET")
        try expect(content.range, is: ByteRange(offset: 0, count: 100_001), "range of GET")
        try expect(info.etag != nil && info.etag == content.info.etag && info.etag == receipt.etag, "ETags of PUT, GET and HEAD differ")
        let age = Timestamp.now.seconds - (info.lastModified?.seconds ?? 0)
        try expect(abs(age) < 3600, "last modified \(age) seconds ago")
    }

    private static func largeObject(_ subject: StoreSubject) async throws {
        let bytes = Payload(seed: 2, count: 20 << 20).bytes
        try await subject.put("large", bytes)
        try expect(await subject.head("large").size, is: 20 << 20, "size")
        try expectBytes(await subject.get("large"), bytes, "body")
    }

    private static func replacement(_ subject: StoreSubject) async throws {
        let first = try await subject.put("object", Array("first".utf8))
        let second = try await subject.put("object", Array("the second".utf8))
        try expect(first.etag != second.etag, "the ETag stays \(String(describing: first.etag))")
        try expectBytes(await subject.get("object"), Array("the second".utf8), "body")
    }

    private static func concurrentPuts(_ subject: StoreSubject) async throws {
        let bodies = (0..<6).map { Payload(seed: UInt64($0), count: 30_000).bytes }
        for _ in 0..<5 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for body in bodies { group.addTask { _ = try await subject.put("object", body) } }
                try await group.waitForAll()
            }
            let kept = try await subject.get("object")
            try expect(bodies.contains(kept), "\(kept.count) bytes that nobody wrote")
        }
    }

    private static func missingObject(_ subject: StoreSubject) async throws {
        try await expectFailure([.noSuchKey], "GET") { try await subject.get("missing") }
        try await expectFailure([.noSuchKey], "HEAD") { try await subject.head("missing") }
    }

    private static func contentType(_ subject: StoreSubject) async throws {
        try await subject.put("typed", [1], ObjectAttributes(contentType: "text/x-windlass"))
        try expect(await subject.head("typed").contentType, is: "text/x-windlass", "content type")
    }

    private static func headers(_ subject: StoreSubject) async throws {
        var attributes = ObjectAttributes()
        attributes.headers = [.cacheControl: "max-age=60", .contentDisposition: "attachment; filename=\"a b\"", .contentLanguage: "de"]
        try await subject.put("object", [1], attributes)
        try expect(await subject.head("object").headers, is: attributes.headers, "headers")
        try await subject.put("object", [1])
        try expect(await subject.head("object").headers, is: [:], "headers of the object that replaced it")
    }

    private static func metadata(_ subject: StoreSubject) async throws {
        let metadata = ["mode": "33188", "mtime": "1700000000.123456789", "with-dash": "a b=c;d,e \"f\"", "xattr": "{%22user.a%22:%22AA==%22}"]
        try await subject.put("object", [1], ObjectAttributes(metadata: metadata))
        try expect(await subject.head("object").metadata, is: metadata, "metadata of HEAD")
        let content = try await subject.store.get("object", range: nil, ReadConditions())
        try expect(content.info.metadata, is: metadata, "metadata of GET")
    }

    private static func largeMetadata(_ subject: StoreSubject) async throws {
        let count = subject.store.limits.metadata - 100
        let metadata = ["large": String(repeating: "m", count: count)]
        try await subject.put("object", [1], ObjectAttributes(metadata: metadata))
        try expect(await subject.head("object").metadata, is: metadata, "metadata of \(count) bytes")
    }

    private static func metadataReplacement(_ subject: StoreSubject) async throws {
        try await subject.put("object", [1], ObjectAttributes(contentType: "text/plain", metadata: ["old": "1", "both": "1"]))
        try await subject.put("object", [2], ObjectAttributes(metadata: ["both": "2"]))
        let info = try await subject.head("object")
        try expect(info.metadata, is: ["both": "2"], "metadata")
        try expect(info.contentType != "text/plain", "the content type of the object before is still there")
    }

    private static func deletion(_ subject: StoreSubject) async throws {
        try await subject.put("object")
        try await subject.store.delete("object")
        try await expectFailure([.noSuchKey], "HEAD of what was deleted") { try await subject.head("object") }
        try await subject.store.delete("object")
        try await subject.store.delete("never/there")
    }

    private static func batchDeletion(_ subject: StoreSubject) async throws {
        let keys: [Key] = ["one", "two/three", "a&b <c> \"d\" 'e'", "plus+percent%41 \u{e9}"]
        for key in keys + ["kept"] { try await subject.put(key) }
        let failed = try await subject.store.delete(keys + ["never/there"])
        try expect(failed.isEmpty, "not deleted: \(failed)")
        let left = try await subject.pages(ListRequest()).flatMap(\.objects).map(\.key)
        try expect(left, is: ["kept"], "objects left")
    }
}
