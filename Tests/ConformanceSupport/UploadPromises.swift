import FileSystemTypes
import ObjectStorage
import TestSupport

/// Multipart uploads as a whole.
enum UploadPromises {
    static let all = [
        StorePromise("an upload in parts becomes an object with its attributes", whole),
        StorePromise("an upload is no object before it is complete", invisible),
        StorePromise("an upload of one small part", onePart),
        StorePromise("an upload replaces an object", replaces),
        StorePromise("an aborted upload is gone", abort),
        StorePromise("an aborted upload is not completed", needs: [.completionAfterAbort], completeAborted),
        StorePromise("aborting what is not there succeeds", abortMissing),
        StorePromise("a missing upload is noSuchUpload", missing),
        StorePromise("uploads under way are listed", listing),
    ]

    private static func whole(_ subject: StoreSubject) async throws {
        let attributes = ObjectAttributes(contentType: "text/x-windlass", metadata: ["mode": "33188", "note": "a b"])
        let minimum = Int(subject.store.limits.minimumPart)
        let pieces = [Payload(seed: 5, count: minimum), Payload(seed: 6, count: minimum + 1), Payload(seed: 7, count: 10)].map(\.bytes)
        let upload = try await subject.begin("folder/object", attributes)
        var parts: [UploadedPart] = []
        for (index, bytes) in pieces.enumerated() { parts.append(try await subject.upload(upload, index + 1, bytes)) }
        let receipt = try await subject.store.completeUpload(upload, parts: parts, .always)
        let info = try await subject.head("folder/object")
        try expect(info.metadata, is: attributes.metadata, "metadata")
        try expect(info.contentType, is: attributes.contentType, "content type")
        try expect(info.size, is: Int64(pieces.map(\.count).reduce(0, +)), "size")
        // Ceph tells no ETag here; a wrong one is worse than none.
        try expect(
            receipt.etag == nil || receipt.etag == info.etag, "ETag \(String(describing: receipt.etag)) instead of \(String(describing: info.etag))")
        try expectBytes(await subject.get("folder/object"), pieces.flatMap(\.self), "body")
        let seam = ByteRange(offset: Int64(minimum) - 5, count: 10)
        try expectBytes(await subject.get("folder/object", seam), Array(pieces[0].suffix(5) + pieces[1].prefix(5)), "across a seam")
    }

    private static func invisible(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        _ = try await subject.upload(upload, 1, [1])
        try await expectFailure([.noSuchKey], "HEAD before completion") { try await subject.head("object") }
        try expect(await subject.store.list(ListRequest()).objects.isEmpty, "the upload shows in the listing")
    }

    private static func onePart(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        let part = try await subject.upload(upload, 1, Array("tiny".utf8))
        _ = try await subject.store.completeUpload(upload, parts: [part], .always)
        try expectBytes(await subject.get("object"), Array("tiny".utf8), "body")
    }

    private static func replaces(_ subject: StoreSubject) async throws {
        try await subject.put("object")
        let before = try await subject.etag(of: "object")
        let upload = try await subject.begin("object")
        let part = try await subject.upload(upload, 1, Array("new".utf8))
        _ = try await subject.store.completeUpload(upload, parts: [part], .always)
        try expectBytes(await subject.get("object"), Array("new".utf8), "body")
        try expect(await subject.etag(of: "object") != before, "the ETag stays \(before)")
    }

    private static func abort(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        _ = try await subject.upload(upload, 1, [1])
        try await subject.store.abortUpload(upload)
        try await expectFailure([.noSuchUpload], "a part of an aborted upload") { try await subject.upload(upload, 2, [1]) }
        try await expectFailure([.noSuchUpload], "the parts of an aborted upload") { try await subject.store.listParts(upload) }
        try expect(await subject.store.listUploads(prefix: "").isEmpty, "the upload is still listed")
    }

    private static func completeAborted(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        let part = try await subject.upload(upload, 1, [1])
        try await subject.store.abortUpload(upload)
        try await expectFailure([.noSuchUpload], "completion of an aborted upload") {
            try await subject.store.completeUpload(upload, parts: [part], .always)
        }
    }

    private static func abortMissing(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        try await subject.store.abortUpload(upload)
        try await subject.store.abortUpload(upload)
    }

    private static func missing(_ subject: StoreSubject) async throws {
        let upload = Upload(key: "object", id: UploadID("no-such-upload"))
        try await expectFailure([.noSuchUpload], "a part") { try await subject.upload(upload, 1, [1]) }
        try await expectFailure([.noSuchUpload], "the parts") { try await subject.store.listParts(upload) }
    }

    private static func listing(_ subject: StoreSubject) async throws {
        let keys: [Key] = ["in/a", "in/b+c %", "out/d"]
        var begun: [Upload] = []
        for key in keys { begun.append(try await subject.begin(key)) }
        let all = try await subject.store.listUploads(prefix: "")
        try expect(Set(all.map(\.id)), is: Set(begun.map(\.id)), "ids of all uploads")
        try expect(Set(all.map(\.key)), is: Set(keys), "keys of all uploads")
        let some = try await subject.store.listUploads(prefix: "in/")
        try expect(Set(some.map(\.key)), is: ["in/a", "in/b+c %"], "keys of the uploads below a prefix")
    }
}

extension StoreSubject {
    func begin(_ key: Key, _ attributes: ObjectAttributes = ObjectAttributes()) async throws -> Upload {
        Upload(key: key, id: try await store.createUpload(key, attributes))
    }

    func upload(_ upload: Upload, _ number: Int, _ bytes: [UInt8]) async throws -> UploadedPart {
        try await store.uploadPart(upload, number: number, BytesSource(Bytes(bytes)))
    }
}
