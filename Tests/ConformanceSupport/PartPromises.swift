import FileSystemTypes
import ObjectStorage
import TestSupport

/// The parts of multipart uploads.
enum PartPromises {
    static let all = [
        StorePromise("parts are listed with number, ETag and size", listing),
        StorePromise("parts may come in any order", anyOrder),
        StorePromise("part numbers may have gaps", needs: [.partGaps], gaps),
        StorePromise("a part uploaded again replaces the first", needs: [.partReplacement], replacement),
        StorePromise("parts may be left out", needs: [.partSubset], subset),
        StorePromise("parts that are too small are refused", needs: [.partMinimum], tooSmall),
        StorePromise("parts in the wrong order are refused", needs: [.partOrder], wrongOrder),
        StorePromise("a part with another ETag is refused", wrongETag),
        StorePromise("a part that is not there is refused", absentPart),
        StorePromise("parts copied from objects", needs: [.partCopy], copies),
        StorePromise("a copied part's source of a certain version", needs: [.partCopy, .partCopyCondition], copyCondition),
        StorePromise("a copied part's source must exist", needs: [.partCopy], copyOfNothing),
    ]

    private static func minimum(_ subject: StoreSubject, _ seed: UInt64) -> [UInt8] {
        Payload(seed: seed, count: Int(subject.store.limits.minimumPart)).bytes
    }

    private static func listing(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        let second = try await subject.upload(upload, 2, [1, 2, 3])
        let first = try await subject.upload(upload, 1, minimum(subject, 8))
        let listed = try await subject.store.listParts(upload)
        try expect(listed.map(\.number), is: [1, 2], "numbers")
        try expect(listed.map(\.etag), is: [first.etag, second.etag], "ETags")
        try expect(listed.map(\.size), is: [subject.store.limits.minimumPart, 3], "sizes")
    }

    private static func anyOrder(_ subject: StoreSubject) async throws {
        let pieces = [minimum(subject, 9), minimum(subject, 10), Array("end".utf8)]
        let upload = try await subject.begin("object")
        var parts: [UploadedPart] = []
        for number in [3, 1, 2] { parts.append(try await subject.upload(upload, number, pieces[number - 1])) }
        parts.sort { $0.number < $1.number }
        _ = try await subject.store.completeUpload(upload, parts: parts, .always)
        try expectBytes(await subject.get("object"), pieces.flatMap(\.self), "body")
    }

    private static func gaps(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        let first = minimum(subject, 11)
        let parts = [try await subject.upload(upload, 3, first), try await subject.upload(upload, 10_000, [1])]
        _ = try await subject.store.completeUpload(upload, parts: parts, .always)
        try expectBytes(await subject.get("object"), first + [1], "body")
    }

    private static func replacement(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        _ = try await subject.upload(upload, 1, Array("first".utf8))
        let part = try await subject.upload(upload, 1, Array("second".utf8))
        try expect(await subject.store.listParts(upload).map(\.etag), is: [part.etag], "ETags of the parts")
        _ = try await subject.store.completeUpload(upload, parts: [part], .always)
        try expectBytes(await subject.get("object"), Array("second".utf8), "body")
    }

    private static func subset(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        _ = try await subject.upload(upload, 1, minimum(subject, 12))
        let kept = try await subject.upload(upload, 2, Array("kept".utf8))
        _ = try await subject.store.completeUpload(upload, parts: [kept], .always)
        try expectBytes(await subject.get("object"), Array("kept".utf8), "body")
    }

    private static func tooSmall(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        let small = Array(minimum(subject, 13).dropLast())
        let parts = [try await subject.upload(upload, 1, small), try await subject.upload(upload, 2, [1])]
        try await expectFailure([.invalidPart, .invalidRequest], "completion") {
            try await subject.store.completeUpload(upload, parts: parts, .always)
        }
    }

    private static func wrongOrder(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        let first = try await subject.upload(upload, 1, minimum(subject, 14))
        let second = try await subject.upload(upload, 2, minimum(subject, 15))
        try await expectFailure([.invalidPart, .invalidRequest], "completion") {
            try await subject.store.completeUpload(upload, parts: [second, first], .always)
        }
    }

    private static func wrongETag(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        var part = try await subject.upload(upload, 1, [1])
        part.etag = ETag("00000000000000000000000000000000")
        try await expectFailure([.invalidPart, .invalidRequest], "completion") {
            try await subject.store.completeUpload(upload, parts: [part], .always)
        }
        try await expectFailure([.noSuchKey], "HEAD of what was not completed") { try await subject.head("object") }
    }

    private static func absentPart(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        let first = try await subject.upload(upload, 1, minimum(subject, 16))
        try await expectFailure([.invalidPart, .invalidRequest], "completion") {
            try await subject.store.completeUpload(upload, parts: [first, UploadedPart(number: 2, etag: first.etag)], .always)
        }
    }

    private static func copies(_ subject: StoreSubject) async throws {
        let minimum = subject.store.limits.minimumPart
        let bytes = Payload(seed: 17, count: Int(minimum) * 2 + 100).bytes
        try await subject.put("a b+c/source %41", bytes)
        let upload = try await subject.begin("object")
        let ranges = [ByteRange(offset: 50, count: minimum), ByteRange(offset: minimum, count: minimum + 100)]
        var parts: [UploadedPart] = []
        for (index, range) in ranges.enumerated() {
            parts.append(
                try await subject.store.copyPart(upload, number: index + 1, from: "a b+c/source %41", range: range, ifSourceMatches: nil))
        }
        parts.append(try await subject.upload(upload, 3, Array("end".utf8)))
        _ = try await subject.store.completeUpload(upload, parts: parts, .always)
        let expected = ranges.flatMap { bytes[Int($0.offset)..<Int($0.end)] } + Array("end".utf8)
        try expectBytes(await subject.get("object"), expected, "body")
    }

    private static func copyCondition(_ subject: StoreSubject) async throws {
        try await subject.put("source", minimum(subject, 18))
        let etag = try await subject.etag(of: "source")
        let upload = try await subject.begin("object")
        let range = ByteRange(offset: 0, count: subject.store.limits.minimumPart)
        _ = try await subject.store.copyPart(upload, number: 1, from: "source", range: range, ifSourceMatches: etag)
        try await expectFailure([.preconditionFailed], "a part of another version") {
            try await subject.store.copyPart(upload, number: 2, from: "source", range: range, ifSourceMatches: ETag("0000"))
        }
    }

    private static func copyOfNothing(_ subject: StoreSubject) async throws {
        let upload = try await subject.begin("object")
        try await expectFailure([.noSuchKey], "a part of a missing object") {
            try await subject.store.copyPart(
                upload, number: 1, from: "missing", range: ByteRange(offset: 0, count: 10), ifSourceMatches: nil)
        }
    }
}
