import FileSystemTypes
import ObjectStorage
import TestSupport

/// Objects that grow at their end.
enum AppendPromises {
    static let all = [
        StorePromise("appends make an object and let it grow", needs: [.append], grows),
        StorePromise("an appended object keeps the attributes that it began with", needs: [.append], attributes),
        StorePromise("an append elsewhere than at the end is refused", needs: [.append], wrongPosition),
        StorePromise("an object that a PUT made takes no append", needs: [.append, .appendOnlyToAppended], ordinary),
        StorePromise("a PUT over an appended object makes it an ordinary one", needs: [.append, .appendOnlyToAppended], overwritten),
        StorePromise("a copy of an appended object is an ordinary one", needs: [.append, .appendOnlyToAppended], copied),
        StorePromise("appending begins anew after a deletion", needs: [.append], deleted),
        StorePromise("of many appends at one position, one wins", needs: [.append], race),
        StorePromise("an object takes no more appends than the rules say", needs: [.append, .fewAppends], limit),
    ]

    private static let key: Key = "folder/log +1"

    private static func grows(_ subject: StoreSubject) async throws {
        var whole: [UInt8] = []
        var etags: Set<ETag?> = []
        for (index, count) in [10, 200_000, 1, 70_000].enumerated() {
            let piece = Payload(seed: UInt64(index), count: count).bytes
            let receipt = try await subject.append(key, at: whole.count, piece)
            whole += piece
            try expect(receipt.nextPosition, is: Int64(whole.count), "next position after append \(index)")
            let info = try await subject.head(key)
            try expect(info.size, is: Int64(whole.count), "size after append \(index)")
            try expect(info.appendPosition, is: Int64(whole.count), "position that HEAD tells after append \(index)")
            try expect(etags.insert(info.etag).inserted, "append \(index) leaves the ETag as it was")
        }
        try expectBytes(await subject.get(key), whole, "body")
        for range in [ByteRange(offset: 5, count: 10), ByteRange(offset: 200_005, count: 20), ByteRange(offset: 0, count: 270_011)] {
            try expectBytes(await subject.get(key, range), Array(whole[Int(range.offset)..<Int(range.end)]), "bytes \(range)")
        }
        let listed = try await subject.store.list(ListRequest(prefix: key)).objects.first
        try expect(listed?.size, is: Int64(whole.count), "size in the listing")
    }

    private static func attributes(_ subject: StoreSubject) async throws {
        let first = ObjectAttributes(contentType: "text/x-windlass", metadata: ["mode": "33188", "note": "a b"])
        try await subject.append(key, at: 0, [1], first)
        try await subject.append(key, at: 1, [2], ObjectAttributes(metadata: ["mode": "0"]))
        let info = try await subject.head(key)
        try expect(info.metadata, is: first.metadata, "metadata")
        try expect(info.contentType, is: first.contentType, "content type")
    }

    private static func wrongPosition(_ subject: StoreSubject) async throws {
        try await expectFailure([.wrongPosition, .noSuchKey], "append at 5 where nothing is") { try await subject.append(key, at: 5, [1]) }
        try await expectFailure([.noSuchKey], "HEAD of what was not appended") { try await subject.head(key) }
        try await subject.append(key, at: 0, Array("0123456789".utf8))
        for position in [0, 9, 11, 1 << 40] {
            try await expectFailure([.wrongPosition], "append at \(position) of 10 bytes") { try await subject.append(key, at: position, [1]) }
        }
        try expectBytes(await subject.get(key), Array("0123456789".utf8), "body")
    }

    private static func ordinary(_ subject: StoreSubject) async throws {
        try await subject.put(key)
        try expect(await subject.head(key).appendPosition, is: nil, "position that HEAD tells")
        for position in [7, 0] {
            // At a wrong position either is true.
            try await expectFailure(position == 7 ? [.notAppendable] : [.notAppendable, .wrongPosition], "append at \(position)") {
                try await subject.append(key, at: position, [1])
            }
        }
        try expectBytes(await subject.get(key), Array("content".utf8), "body")
    }

    private static func overwritten(_ subject: StoreSubject) async throws {
        try await subject.append(key, at: 0, [1, 2, 3])
        try await subject.put(key)
        try expect(await subject.head(key).appendPosition, is: nil, "position that HEAD tells")
        try await expectFailure([.notAppendable], "append after a PUT") { try await subject.append(key, at: 7, [1]) }
        try expectBytes(await subject.get(key), Array("content".utf8), "body")
    }

    private static func copied(_ subject: StoreSubject) async throws {
        try await subject.append(key, at: 0, [1, 2, 3])
        try await subject.append(key, at: 3, [4])
        _ = try await subject.store.copy(CopyRequest(source: key, destination: "copy"))
        try await subject.append(key, at: 4, [5])
        try expectBytes(await subject.get("copy"), [1, 2, 3, 4], "body of the copy")
        try await expectFailure([.notAppendable], "append to the copy") { try await subject.append("copy", at: 4, [5]) }
    }

    private static func deleted(_ subject: StoreSubject) async throws {
        try await subject.append(key, at: 0, [1, 2, 3])
        try await subject.store.delete(key)
        try await expectFailure([.wrongPosition, .noSuchKey], "append at the length before") { try await subject.append(key, at: 3, [4]) }
        try await subject.append(key, at: 0, [9])
        try expectBytes(await subject.get(key), [9], "body")
    }

    private static func race(_ subject: StoreSubject) async throws {
        try await subject.append(key, at: 0, [0])
        let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
            for racer in 1...8 as ClosedRange<UInt8> {
                group.addTask {
                    do {
                        try await subject.append(key, at: 1, [racer])
                        return racer
                    } catch let error as StoreError where [.wrongPosition, .conflict, .notAppendable].contains(error.reason) {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
        }
        try expect(winners.count, is: 1, "appends that succeeded")
        try expectBytes(await subject.get(key), [0] + winners, "body")
    }

    private static func limit(_ subject: StoreSubject) async throws {
        guard let most = subject.store.capabilities.append?.maximumAppends else { throw BrokenPromise("the store names no limit") }
        for position in 0..<most { try await subject.append(key, at: position, [UInt8(position)]) }
        try await expectFailure([.notAppendable], "append \(most + 1)") { try await subject.append(key, at: most, [0]) }
        try expectBytes(await subject.get(key), (0..<most).map { UInt8($0) }, "body")
    }
}

extension StoreSubject {
    @discardableResult
    func append(_ key: Key, at position: Int, _ bytes: [UInt8], _ attributes: ObjectAttributes = ObjectAttributes()) async throws -> AppendReceipt {
        try await store.append(key, at: Int64(position), BytesSource(Bytes(bytes)), attributes)
    }
}
