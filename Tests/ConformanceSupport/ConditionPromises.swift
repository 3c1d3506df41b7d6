import FileSystemTypes
import ObjectStorage

/// Reads and writes that depend on which version an object is.
enum ConditionPromises {
    static let all = [
        StorePromise("reads of a certain version", readMatch),
        StorePromise("reads of another version than known", readNoneMatch),
        StorePromise("a PUT only where nothing is", needs: [.conditionalCreate], createOnly),
        StorePromise("of many PUTs only where nothing is, one wins", needs: [.conditionalCreate, .atomicCreate], race),
        StorePromise("a PUT only onto a certain version", needs: [.conditionalReplace], replaceOnly),
        StorePromise("a completion only where nothing is", needs: [.conditionalComplete], completeOnly),
    ]

    private static let wrong = ETag("00000000000000000000000000000000")

    private static func readMatch(_ subject: StoreSubject) async throws {
        try await subject.put("object")
        let right = ReadConditions(ifMatch: try await subject.etag(of: "object"))
        _ = try await subject.store.head("object", right)
        try expectBytes(await subject.store.get("object", range: nil, right).collect().contiguous, Array("content".utf8), "body")
        for conditions in [ReadConditions(ifMatch: wrong)] {
            try await expectFailure([.preconditionFailed], "GET If-Match") {
                try await subject.store.get("object", range: nil, conditions)
            }
            try await expectFailure([.preconditionFailed], "HEAD If-Match") { try await subject.store.head("object", conditions) }
            try await expectFailure([.preconditionFailed], "GET of a range If-Match") {
                try await subject.store.get("object", range: ByteRange(offset: 1, count: 2), conditions)
            }
        }
    }

    private static func readNoneMatch(_ subject: StoreSubject) async throws {
        try await subject.put("object")
        let known = ReadConditions(ifNoneMatch: try await subject.etag(of: "object"))
        try await expectFailure([.notModified], "GET If-None-Match") { try await subject.store.get("object", range: nil, known) }
        try await expectFailure([.notModified], "HEAD If-None-Match") { try await subject.store.head("object", known) }
        _ = try await subject.store.get("object", range: nil, ReadConditions(ifNoneMatch: wrong)).collect()
    }

    private static func createOnly(_ subject: StoreSubject) async throws {
        try await subject.put("object", Array("first".utf8), ObjectAttributes(), .absent)
        try await expectFailure([.preconditionFailed], "PUT onto an object") {
            try await subject.put("object", Array("second".utf8), ObjectAttributes(), .absent)
        }
        try expectBytes(await subject.get("object"), Array("first".utf8), "body")
        try await subject.store.delete("object")
        try await subject.put("object", Array("third".utf8), ObjectAttributes(), .absent)
    }

    private static func race(_ subject: StoreSubject) async throws {
        let winners = try await withThrowingTaskGroup(of: Int?.self) { group in
            for racer in 0..<8 {
                group.addTask {
                    do {
                        try await subject.put("object", Array("racer \(racer)".utf8), ObjectAttributes(), .absent)
                        return racer
                    } catch let error as StoreError where [.preconditionFailed, .conflict].contains(error.reason) {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
        }
        try expect(winners.count, is: 1, "PUTs that succeeded")
        try expectBytes(await subject.get("object"), Array("racer \(winners[0])".utf8), "body")
    }

    private static func replaceOnly(_ subject: StoreSubject) async throws {
        try await subject.put("object", Array("first".utf8))
        let etag = try await subject.etag(of: "object")
        try await expectFailure([.preconditionFailed], "PUT onto another version") {
            try await subject.put("object", Array("second".utf8), ObjectAttributes(), .matches(wrong))
        }
        try await subject.put("object", Array("third".utf8), ObjectAttributes(), .matches(etag))
        try expectBytes(await subject.get("object"), Array("third".utf8), "body")
        try await expectFailure([.preconditionFailed, .noSuchKey], "PUT onto nothing") {
            try await subject.put("missing", [1], ObjectAttributes(), .matches(etag))
        }
    }

    private static func completeOnly(_ subject: StoreSubject) async throws {
        let upload = Upload(key: "object", id: try await subject.store.createUpload("object", ObjectAttributes()))
        let part = try await subject.store.uploadPart(upload, number: 1, BytesSource(Bytes("part")))
        try await subject.put("object")
        try await expectFailure([.preconditionFailed], "completion onto an object") {
            try await subject.store.completeUpload(upload, parts: [part], .absent)
        }
        try expectBytes(await subject.get("object"), Array("content".utf8), "body")
    }
}
