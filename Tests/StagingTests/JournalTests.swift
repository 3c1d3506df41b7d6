import FileSystemTypes
import Foundation
import ObjectStorage
import Staging
import Testing

@Suite(.timeLimit(.minutes(1)))
struct JournalTests {
    private static func record(_ id: FileID, _ key: Key = "a/b") -> FileRecord {
        var attributes = ObjectAttributes(contentType: "text/plain", metadata: ["mode": "33188", "uid": "0", "empty": ""])
        attributes.storageClass = "WARM"
        attributes.headers = [.cacheControl: "no-cache", .contentEncoding: "gzip"]
        return FileRecord(
            id: id, key: key, base: .existing(ETag("e1"), size: 7), attributes: attributes, began: Timestamp(seconds: 5, nanoseconds: 6))
    }

    @Test func everythingRecordedComesBack() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, before) = try scratch.open()
        #expect(before.isEmpty)
        let id = folder.journal.newFileID()
        var record = Self.record(id, Key([0xFF, 0, 0x2F]))
        let part = JournaledPart(number: 3, etag: ETag("p3"), range: ByteRange(offset: 10, count: 20), checksum: "AAAA")
        let rename = Intent(
            id: folder.journal.newNoteID(), action: .rename(from: "d/", to: "e/", base: nil, cursor: [1, 2]))
        let delete = Intent(id: folder.journal.newNoteID(), action: .delete("x", base: ETag("dx")))
        let copy = ConflictCopy(id: folder.journal.newNoteID(), key: "k", copy: "k (2)", found: nil, moment: Timestamp(seconds: 1))
        let upload = Upload(key: "old", id: UploadID("u1"))
        try await folder.journal.commit([.put(record), .acknowledge(id, extents: [9, 8], seal: nil), .putIntent(rename)])
        try await folder.journal.commit([.uploadCreated(id, upload), .partStored(id, part), .state(id, .conflict(found: ETag("other")))])
        try await folder.journal.commit([.putIntent(delete), .putConflictCopy(copy)])
        let moved = MovedCopy(intent: rename.id, key: Key([0x65, 0x2F, 0xFF]), source: ETag("s-2"), copy: ETag("c"))
        try await folder.journal.commit([.putMovedCopy(moved), .extents(id, [9, 8, 7])])
        try folder.close()

        let (again, recovered) = try scratch.open()
        defer { try? again.close() }
        record.upload = upload
        record.state = .conflict(found: ETag("other"))
        let file = try #require(recovered.files.first)
        #expect(file.record == record)
        #expect(file.content?.extents == [9, 8, 7])
        #expect(file.content?.staging == nil)
        #expect(file.parts == [part])
        // Of another content they would not be parts.
        try await again.journal.commit([.acknowledge(id, extents: [7], seal: nil)])
        #expect(try await again.journal.recovered().files.first?.parts == [])
        #expect(try await again.journal.recovered().files.first?.record.upload == upload)
        #expect(recovered.intents == [rename, delete])
        #expect(recovered.movedCopies == [moved])
        let counts = try await again.journal.counts()
        #expect(counts.deletions == 1 && counts.moves == 1)
        try await again.journal.commit([.removeIntent(rename.id)])
        #expect(try await again.journal.recovered().movedCopies.isEmpty)
        #expect(recovered.uploads.map(\.upload) == [upload])
        #expect(try await again.journal.conflictCopies() == [copy])
        #expect(again.journal.newFileID() > id)
        #expect(again.journal.newNoteID() > copy.id)
    }

    @Test(arguments: [FileState.writing, .closed, .uploading, .conflict(found: nil), .conflict(found: ETag("e")), .failed("why")])
    func statesComeBack(_ state: FileState) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        let id = folder.journal.newFileID()
        try await folder.journal.commit([.put(Self.record(id)), .state(id, state)])
        try folder.close()
        let (again, recovered) = try scratch.open()
        defer { try? again.close() }
        #expect(recovered.files.map(\.record.state) == [state])
        #expect(recovered.unsent.isEmpty)
    }

    @Test func changesOfAFileThatIsNotThereAreRefusedAlone() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        let id = folder.journal.newFileID()
        let error = await failure { try await folder.journal.commit([.put(Self.record(FileID(50))), .state(id, .closed)]) }
        #expect(error?.reason == .noSuchRecord)
        try await folder.journal.commit([.put(Self.record(id))])
        let counts = try await folder.journal.counts()
        #expect(counts.writing == 1, "the refused batch left nothing, the next one counts")
        try folder.close()
        let (again, recovered) = try scratch.open()
        defer { try? again.close() }
        #expect(recovered.files.map(\.record.id) == [id])
    }

    @Test func storedContentIsForgottenAndRemovedFilesToo() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        let kept = folder.journal.newFileID()
        let gone = folder.journal.newFileID()
        for id in [kept, gone] {
            try await folder.journal.commit([.put(Self.record(id)), .acknowledge(id, extents: [1], seal: nil)])
        }
        try await folder.journal.commit([.stored(kept, .existing(ETag("e2"), size: 3)), .remove(gone)])
        try folder.close()
        let (again, recovered) = try scratch.open()
        defer { try? again.close() }
        #expect(recovered.files.map(\.record.id) == [kept])
        #expect(recovered.files.first?.record.base == .existing(ETag("e2"), size: 3))
        #expect(recovered.unsent.isEmpty)
    }

    @Test func aCommitIsOnTheDiskWhenItReturns() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        defer { try? folder.close() }
        #expect(try folder.journal.setting("synchronous") == "2", "FULL: without it a power cut takes what was acknowledged")
        #expect(try folder.journal.setting("journal_mode") == "wal")
    }

    @Test func aClosedJournalRecordsNothing() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        try folder.close()
        let error = await failure { try await folder.journal.commit([.remove(FileID(1))]) }
        #expect(error?.reason == .closed)
    }

    @Test func concurrentCommitsShareTheDisk() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        defer { try? folder.close() }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<500 {
                group.addTask {
                    let id = folder.journal.newFileID()
                    try? await folder.journal.commit([.put(Self.record(id))])
                }
            }
        }
        #expect(try await folder.journal.counts().writing == 500)
        #expect(folder.journal.commits < 250, "500 waiting changes are not 500 syncs of the disk")
    }

    /// An upload begins beside the record of its file, in any order, and none of the two makes the other be forgotten.
    @Test func anUploadOutlivesItsRecord() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        defer { try? folder.close() }
        let (journal, id) = (folder.journal, folder.journal.newFileID())
        let upload = Upload(key: "k", id: UploadID("u1"))
        func record() async throws -> FileRecord? { try await journal.recovered().files.first?.record }
        let begun = FileRecord(id: id, key: "k", base: .new, state: .uploading, upload: upload)
        try await journal.commit([.putUpload(begun)])
        try await journal.commit([.put(FileRecord(id: id, key: "k", base: .new, state: .closed)), .acknowledge(id, extents: [1], seal: nil)])
        #expect(try await record()?.upload == upload)
        #expect(try await record()?.state == .closed)
        try await journal.commit([.uploadEnded(id)])
        #expect(try await record()?.upload == nil)
        try await journal.commit([.putUpload(begun)])
        #expect(try await record()?.state == .closed)
        // What is left is only there to be aborted, and goes when it is.
        try await journal.commit([.dropContent(id)])
        #expect(try await journal.recovered().unsent.isEmpty)
        #expect(try await record()?.upload == upload)
        try await journal.commit([.uploadEnded(id)])
        #expect(try await journal.recovered().isEmpty)
        try await journal.commit([.putUpload(begun), .uploadEnded(id)])
        #expect(try await journal.recovered().isEmpty)
    }

    @Test func intentsAboutUploadsComeBack() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        let begin = Intent(id: folder.journal.newNoteID(), action: .beginUpload("a", since: Timestamp(seconds: 77)))
        let abort = Intent(id: folder.journal.newNoteID(), action: .abortUpload(Upload(key: "b", id: UploadID("u"))))
        let delete = Intent(id: folder.journal.newNoteID(), action: .delete("c", base: nil))
        try await folder.journal.commit([.putIntent(begin), .putIntent(abort), .putIntent(delete)])
        #expect(try await folder.journal.counts().deletions == 1)
        try folder.close()
        let (again, recovered) = try scratch.open()
        defer { try? again.close() }
        #expect(recovered.intents == [begin, abort, delete])
    }
}
