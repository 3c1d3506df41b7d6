import FileSystemTypes
import ObjectStorage
import TestSupport

/// Copies made by the store.
enum CopyPromises {
    static let all = [
        StorePromise("a copy has bytes, type and metadata of its source", keeps),
        StorePromise("a copy with other metadata", replaces),
        StorePromise("a copy onto itself with other metadata", ontoItself),
        StorePromise("a copy of nothing is noSuchKey", missing),
        StorePromise("copies between keys with special characters", oddKeys),
        StorePromise("a copy of a folder's marker", needs: [.folderCopy], folder),
        StorePromise("a copy of a certain version", needs: [.copySourceCondition], condition),
    ]

    private static let bytes = Payload(seed: 4, count: 50_000).bytes
    private static let attributes = ObjectAttributes(contentType: "text/x-windlass", metadata: ["mode": "33188", "note": "a b"])

    private static func keeps(_ subject: StoreSubject) async throws {
        try await subject.put("source", bytes, attributes)
        let receipt = try await subject.store.copy(CopyRequest(source: "source", destination: "folder/copy"))
        let info = try await subject.head("folder/copy")
        try expect(info.metadata, is: attributes.metadata, "metadata")
        try expect(info.contentType, is: attributes.contentType, "content type")
        try expect(receipt.etag, is: info.etag, "ETag of the copy")
        try expectBytes(await subject.get("folder/copy"), bytes, "body")
        try expectBytes(await subject.get("source"), bytes, "body of the source")
    }

    private static func replaces(_ subject: StoreSubject) async throws {
        try await subject.put("source", bytes, attributes)
        let other = ObjectAttributes(contentType: "text/other", metadata: ["uid": "1000"])
        _ = try await subject.store.copy(CopyRequest(source: "source", destination: "copy", replacing: other))
        let info = try await subject.head("copy")
        try expect(info.metadata, is: other.metadata, "metadata")
        try expect(info.contentType, is: other.contentType, "content type")
    }

    private static func ontoItself(_ subject: StoreSubject) async throws {
        try await subject.put("object", bytes, attributes)
        let other = ObjectAttributes(contentType: "text/other", metadata: ["uid": "1000"])
        _ = try await subject.store.copy(CopyRequest(source: "object", destination: "object", replacing: other))
        try expect(await subject.head("object").metadata, is: other.metadata, "metadata")
        try expectBytes(await subject.get("object"), bytes, "body")
    }

    private static func missing(_ subject: StoreSubject) async throws {
        try await expectFailure([.noSuchKey], "copy") {
            try await subject.store.copy(CopyRequest(source: "missing", destination: "copy"))
        }
    }

    private static func oddKeys(_ subject: StoreSubject) async throws {
        let keys: [Key] = ["a b+c", "100%41", "q?versionId=1", "caf\u{e9} \u{1F600}", "hash#tag&x=1", "folder/a+b"]
        for (index, key) in keys.enumerated() {
            try await subject.put(key, key.bytes)
            let copy = keys[(index + 1) % keys.count]
            let target = Key(Array("copies/".utf8) + copy.bytes)
            _ = try await subject.store.copy(CopyRequest(source: key, destination: target))
            try expectBytes(await subject.get(target), key.bytes, "copy of \(key) to \(target)")
        }
    }

    private static func folder(_ subject: StoreSubject) async throws {
        try await subject.put("folder/", [])
        _ = try await subject.store.copy(CopyRequest(source: "folder/", destination: "copy/"))
        try expect(await subject.head("copy/").size, is: 0, "size")
    }

    private static func condition(_ subject: StoreSubject) async throws {
        try await subject.put("source", bytes)
        let etag = try await subject.etag(of: "source")
        let wrong = ETag("00000000000000000000000000000000")
        _ = try await subject.store.copy(CopyRequest(source: "source", destination: "right", ifSourceMatches: etag))
        try await expectFailure([.preconditionFailed], "copy of another version") {
            try await subject.store.copy(CopyRequest(source: "source", destination: "wrong", ifSourceMatches: wrong))
        }
        try await expectFailure([.noSuchKey], "HEAD of what was not copied") { try await subject.head("wrong") }
    }
}
