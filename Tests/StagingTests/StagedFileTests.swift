import FileSystemTypes
import Foundation
import Glibc
import LocalFiles
import ObjectStorage
import Staging
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StagedFileTests {
    private static func withFile(
        _ options: StateFolder.Options = StateFolder.Options(freeSpaceFloor: 0), files: any FileOperations = SystemFiles(),
        _ body: (StateFolder, StagedFile, Scratch) async throws -> Void
    ) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open(options, files: files)
        defer { try? folder.close() }
        try await body(folder, try await folder.makeFile(), scratch)
    }

    @Test func checksAreThoseOfTheStandard() {
        #expect(CRC32C.check(of: Array("123456789".utf8)) == 0xE306_9283)
        for count in [0, 1, 7, 8, 9, 63, 1000] {
            let bytes = pattern(UInt64(count), count)
            #expect(CRC32C.check(of: bytes) == CRC32C.portableCheck(of: bytes))
        }
    }

    @Test(arguments: SeededGenerator.seeds(5)) func readsGiveWhatWasWritten(_ seed: UInt64) async throws {
        try await Self.withFile { _, file, _ in
            var generator = SeededGenerator(seed: seed)
            var model: [UInt8] = []
            for _ in 0..<60 {
                if model.isEmpty || generator.oneIn(2) {
                    let bytes = pattern(generator.next(), generator.pick([1, 100, 4096, 16384, 16385, 50_000]))
                    #expect(try file.append(bytes) == Int64(model.count))
                    model += bytes
                } else {
                    let start = Int.random(in: Int(file.sealedLength)..<model.count, using: &generator)
                    let bytes = pattern(generator.next(), Int.random(in: 0...min(40_000, model.count - start), using: &generator))
                    try file.overwrite(unsafe bytes.span.bytes, at: Int64(start))
                    model.replaceSubrange(start..<start + bytes.count, with: bytes)
                }
                let start = Int.random(in: 0..<model.count, using: &generator)
                let count = Int.random(in: 0...model.count - start, using: &generator)
                #expect(try file.read(at: Int64(start), count: count) == Bytes(Array(model[start..<start + count])))
            }
            try file.verify()
        }
    }

    @Test(arguments: [0, 20_000, 39_999]) func aFlippedByteIsFoundAndNamed(_ offset: Int) async throws {
        try await Self.withFile { _, file, scratch in
            _ = try file.append(pattern(5, 40_000))
            try file.verify()
            try flip("\(scratch.folder)/files/\(file.name)", at: offset)
            let block = Int64(offset / 16384 * 16384)
            let expected = StateError.Reason.corrupted(file: file.name, offset: block)
            let read = await failure { try file.read(at: Int64(offset), count: 1) }
            #expect(read?.reason == expected)
            #expect(read?.message.contains(file.name) == true && read?.message.contains("\(block)") == true)
            #expect(await failure { try file.verify() }?.reason == expected)
            await #expect(throws: Errno.inputOutput) {
                try await file.source(ByteRange(offset: 0, count: 40_000)).read(at: 0, upTo: 40_000)
            }
            #expect(file.fault?.reason == expected)
            #expect(await failure { try file.append([1]) }?.reason == expected, "damage is not built upon")
            if block > 0 { #expect(try file.read(at: 0, count: 16384) == Bytes(pattern(5, 16384))) }
        }
    }

    /// A patch in a damaged block must not give it a valid check.
    @Test func damageIsNotSignedByAPatchBesideIt() async throws {
        try await Self.withFile { _, file, scratch in
            _ = try file.append(pattern(5, 10_000))
            try flip("\(scratch.folder)/files/\(file.name)", at: 9000)
            let patch: [UInt8] = [1, 2, 3]
            let error = await failure { try file.overwrite(unsafe patch.span.bytes, at: 10) }
            #expect(error?.reason == .corrupted(file: file.name, offset: 0))
        }
    }

    @Test func damageOfTheTimeBetweenTwoMountsIsFound() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        let file = try await folder.makeFile()
        let id = folder.journal.newFileID()
        _ = try file.append(pattern(1, 100_000))
        try await folder.journal.commit([.put(FileRecord(id: id, key: "k", base: .new))])
        try await folder.acknowledge(id, extents: [7], in: file)
        // Written after, and never acknowledged: not part of what is recovered.
        _ = try file.append(pattern(2, 100_000))
        try folder.close()
        try flip("\(scratch.folder)/files/\(file.name)", at: 70_000)
        let (again, recovered) = try scratch.open()
        defer { try? again.close() }
        let content = try #require(recovered.unsent.first?.content)
        let found = try #require(try await again.openFile(of: id, content))
        #expect(found.length == 100_000)
        #expect(try found.read(at: 0, count: 65536) == Bytes(pattern(1, 65536)))
        #expect(await failure { try found.verify() }?.reason == .corrupted(file: file.name, offset: 65536))
    }

    @Test func aFileThatIsShorterOrGoneIsToldApartFromOneThatIsWhole() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        let file = try await folder.makeFile()
        let id = folder.journal.newFileID()
        _ = try file.append(pattern(1, 20_000))
        try await folder.journal.commit([.put(FileRecord(id: id, key: "k", base: .new))])
        try await folder.acknowledge(id, extents: [7], in: file)
        try folder.close()
        #expect(unsafe truncate("\(scratch.folder)/files/\(file.name)", 19_999) == 0)
        let (again, recovered) = try scratch.open()
        defer { try? again.close() }
        let content = try #require(recovered.unsent.first?.content)
        let error = await failure { try await again.openFile(of: id, content) }
        #expect(error?.reason == .corrupted(file: file.name, offset: 19_999))
        try FileManager.default.removeItem(atPath: "\(scratch.folder)/files/\(file.name)")
        #expect(await failure { try await again.openFile(of: id, content) }?.reason == .failed(.noSuchFile))
    }

    @Test func aSealedFileGrowsAndItsLaterSealsSurvive() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        let file = try await folder.makeFile()
        let id = folder.journal.newFileID()
        try await folder.journal.commit([.put(FileRecord(id: id, key: "k", base: .new))])
        // More than one chunk of checksums.
        let bytes = pattern(3, 3 << 20)
        for round in 0..<7 {
            _ = try file.append(Array(bytes.dropFirst(round).dropLast(round * 1000)))
            try await folder.acknowledge(id, extents: [UInt8(round)], in: file)
        }
        // Uploaded meanwhile, written again: the checksums in the journal still belong to the file.
        try await folder.journal.commit([.stored(id, .existing(ETag("e"), size: 1))])
        _ = try file.append([1, 2, 3])
        try await folder.acknowledge(id, extents: [9], in: file)
        let length = file.length
        #expect(length > 16 << 20)
        try folder.close()
        let (again, recovered) = try scratch.open()
        defer { try? again.close() }
        let content = try #require(recovered.unsent.first?.content)
        let found = try #require(try await again.openFile(of: id, content))
        #expect(found.length == length)
        try found.verify()
        #expect(try found.read(at: length - 3, count: 3) == Bytes([1, 2, 3]))
    }

    /// A file of one block is in the journal: what its staging file looks like after a crash does not matter.
    @Test(arguments: [0, 1, 16384], [true, false]) func aSmallFileIsKeptInTheJournal(_ count: Int, _ isGone: Bool) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        let file = try await folder.makeFile()
        let id = folder.journal.newFileID()
        _ = try file.append(pattern(4, count))
        try await folder.acknowledge(creating: FileRecord(id: id, key: "k", base: .new), extents: [7], in: file)
        try folder.close()
        let path = "\(scratch.folder)/files/\(file.name)"
        if isGone { try FileManager.default.removeItem(atPath: path) } else if count > 0 { try Data([1, 2, 3]).write(to: URL(filePath: path)) }
        for round in 0..<2 {
            let (again, recovered) = try scratch.open()
            let content = try #require(recovered.unsent.first?.content)
            let found = try #require(try await again.openFile(of: id, content))
            #expect(try found.read(at: 0, count: count) == Bytes(pattern(4, count)))
            if round == 1 { try await Self.grow(found, id, again, from: count) }
            try again.close()
        }
        let (last, recovered) = try scratch.open()
        defer { try? last.close() }
        let content = try #require(recovered.unsent.first?.content)
        let found = try #require(try await last.openFile(of: id, content))
        #expect(try found.read(at: 0, count: count + 20_000) == Bytes(pattern(4, count) + pattern(5, 20_000)))
    }

    private static func grow(_ file: StagedFile, _ id: FileID, _ folder: StateFolder, from count: Int) async throws {
        #expect(try file.append(pattern(5, 20_000)) == Int64(count))
        try await folder.acknowledge(id, extents: [8], in: file)
    }

    @Test func aDiskThatDoesNotAnswerIsNotWaitedForForever() async throws {
        let files = FaultyFiles()
        try await Self.withFile(StateFolder.Options(freeSpaceFloor: 0, diskDeadline: .milliseconds(200)), files: files) { folder, file, _ in
            let id = folder.journal.newFileID()
            try await folder.journal.commit([.put(FileRecord(id: id, key: "k", base: .new))])
            _ = try file.append(pattern(1, 20_000))
            let hold = files.holdNextSync()
            defer { hold.release() }
            let error = await failure { try await folder.acknowledge(id, extents: [], in: file) }
            // The disk hangs still: whoever waited for it would be here only after the limit of the test.
            #expect(error?.reason == .timedOut)
            hold.release()
            while let again = await failure({ try await folder.acknowledge(id, extents: [], in: file) }) { try #require(again.reason == .timedOut) }
        }
    }

    @Test func aFailedSyncIsNeverForgotten() async throws {
        let files = FaultyFiles()
        try await Self.withFile(files: files) { folder, file, _ in
            let id = folder.journal.newFileID()
            try await folder.journal.commit([.put(FileRecord(id: id, key: "k", base: .new))])
            _ = try file.append(pattern(1, 20_000))
            files.failNextSync(with: .inputOutput)
            let error = await failure { try await folder.acknowledge(id, extents: [], in: file) }
            #expect(error?.reason == .failed(.inputOutput))
            // The kernel would report success now although the bytes are not there.
            let second = await failure { try await folder.acknowledge(id, extents: [], in: file) }
            #expect(second?.reason == .failed(.inputOutput))
        }
    }
}
