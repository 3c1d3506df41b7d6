import FileSystemTypes
import ObjectStorage
import TestSupport

/// GET of a part of an object.
enum RangePromises {
    static let all = [
        StorePromise("ranges within an object", withinObject),
        StorePromise("a range is clamped to the object", clamped),
        StorePromise("a range past the end is invalidRange", pastTheEnd),
    ]

    private static let bytes = Payload(seed: 3, count: 10_000).bytes

    private static func withinObject(_ subject: StoreSubject) async throws {
        try await subject.put("object", bytes)
        for range in [ByteRange(offset: 0, count: 1), ByteRange(offset: 4095, count: 4097), ByteRange(offset: 9_999, count: 1)] {
            let content = try await subject.store.get("object", range: range, ReadConditions())
            try expect(content.range, is: range, "range given")
            try expect(content.info.size, is: 10_000, "size of the whole object")
            try expectBytes(await content.collect().contiguous, Array(bytes[Int(range.offset)..<Int(range.end)]), "\(range)")
        }
    }

    private static func clamped(_ subject: StoreSubject) async throws {
        try await subject.put("object", bytes)
        let content = try await subject.store.get("object", range: ByteRange(offset: 9_000, count: 5_000), ReadConditions())
        try expect(content.range, is: ByteRange(offset: 9_000, count: 1_000), "range given")
        try expectBytes(await content.collect().contiguous, Array(bytes[9_000...]), "body")
        try expectBytes(await subject.get("object", ByteRange(offset: 0, count: 1 << 30)), bytes, "more than all")
    }

    private static func pastTheEnd(_ subject: StoreSubject) async throws {
        try await subject.put("object", bytes)
        try await subject.put("empty", [])
        for (key, offset) in [("object", 10_000), ("object", 20_000), ("empty", 0)] as [(Key, Int64)] {
            try await expectFailure([.invalidRange], "\(key) from \(offset) on") {
                try await subject.get(key, ByteRange(offset: offset, count: 10))
            }
        }
    }
}
