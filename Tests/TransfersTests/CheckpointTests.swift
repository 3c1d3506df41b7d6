import FileSystemTypes
import Foundation
import ObjectStorage
import TestSupport
import Testing
import Transfers

/// What a transfer remembers when its process has ended.
@Suite(.timeLimit(.minutes(1))) struct CheckpointTests {
    @Test(arguments: SeededGenerator.seeds(100)) func whatIsReadAgainIsWhatWasWritten(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let scratch = try Scratch()
        defer { scratch.remove() }
        let records = randomRecords(60, &generator)
        let expected = try {
            let file = try CheckpointFile(scratch.file("checkpoint"))
            for record in records { try file.append(record, isDurable: false) }
            return file.content
        }()
        #expect(try CheckpointFile(scratch.file("checkpoint")).content == expected)
    }

    /// Wherever the process was ended, the records before are there, and nothing else.
    @Test(arguments: SeededGenerator.seeds(100)) func aLineByHalfIsLeftOut(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let scratch = try Scratch()
        defer { scratch.remove() }
        let records = randomRecords(20, &generator)
        let lines = records.map(\.line)
        let bytes = lines.flatMap(\.self)
        let cut = Int.random(in: 0...bytes.count, using: &generator)
        try Data(bytes.prefix(cut)).write(to: URL(filePath: scratch.file("checkpoint").description))
        var expected = CheckpointState()
        var end = 0
        for (record, line) in zip(records, lines) {
            end += line.count
            // The end of line may be missing.
            if end - 1 <= cut { expected.apply(record) }
        }
        #expect(try CheckpointFile(scratch.file("checkpoint")).content == expected)
    }

    @Test func nothingAfterDamageIsBelieved() throws {
        let records = [CheckpointRecord.done(RelativePath("a")), .done(RelativePath("b")), .done(RelativePath("c"))]
        var bytes = records.flatMap(\.line)
        bytes[records[0].line.count + 15] ^= 1
        let scratch = try Scratch()
        defer { scratch.remove() }
        try Data(bytes).write(to: URL(filePath: scratch.file("checkpoint").description))
        let file = try CheckpointFile(scratch.file("checkpoint"))
        #expect(file.wasFinished(RelativePath("a")))
        #expect(!file.wasFinished(RelativePath("b")) && !file.wasFinished(RelativePath("c")))
    }

    /// Files are done in any order: the memory for them is what is under way, and the mark never passes one that is not done.
    @Test(arguments: SeededGenerator.seeds(100)) func theMarkIsBeforeTheFirstThatIsNotDone(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let paths = Cases.paths(40, &generator).sorted()
        var finished = FinishedFiles()
        for path in paths { finished.begin(path) }
        var done: Set<RelativePath> = []
        for path in paths.shuffled(using: &generator) {
            finished.finish(path)
            done.insert(path)
            #expect(paths.allSatisfy { finished.contains($0) == done.contains($0) })
            #expect(finished.mark == paths.prefix { done.contains($0) }.last)
            #expect(finished.beyond.isDisjoint(with: paths.prefix { done.contains($0) }))
        }
        #expect(finished.beyond.isEmpty && finished.window == 0)
    }

    /// Ten thousand files that are done take a few lines on the disk once they are rewritten.
    @Test func theFileStaysSmall() throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let file = try CheckpointFile(scratch.file("checkpoint"))
        for number in 10_000..<30_000 {
            let path = RelativePath("file-\(number)")
            file.begin(path)
            try file.append(.done(path), isDurable: false)
        }
        let size = try FileManager.default.attributesOfItem(atPath: scratch.file("checkpoint").description)[.size] as? Int
        #expect(try #require(size) < 1 << 20)
        #expect(file.wasFinished(RelativePath("file-29999")))
    }

    @Test func pathsThatAreNoTextComeBack() throws {
        let path = RelativePath([0x61, 0xFF, 0x2F, 0x0A])
        #expect(CheckpointRecord(line: CheckpointRecord.done(path).line.dropLast()) == .done(path))
    }

    @Test func aJobIsLockedOnce() throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let folder = JobFolder(base: LocalPath(scratch.path), number: JobFolder.number(of: ["cp", "a", "b"]))
        try folder.make(JobDescription(arguments: ["cp"], folder: "/", source: "a", target: "b", begun: 1))
        let lock = try #require(try folder.lock())
        #expect(folder.process == getpid())
        #expect(try folder.lock() == nil)
        lock.release()
        #expect(folder.process == nil)
        try folder.remove()
        #expect(JobFolder.all(in: LocalPath(scratch.path)).isEmpty)
        #expect(JobFolder.number(of: ["ab", "c"]) != JobFolder.number(of: ["a", "bc"]))
    }

    private func randomRecords(_ count: Int, _ generator: inout SeededGenerator) -> [CheckpointRecord] {
        let paths = Array(Cases.paths(6, &generator)).sorted()
        return (0..<count).map { _ in
            let path = generator.pick(paths)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: return .begin(path, SourceIdentity(size: 5, etag: ETag("x")), partSize: 2, at: 7)
            case 1: return .upload(path, id: "u/\"\\\(count)")
            case 2: return .part(path, number: Int.random(in: 1...9, using: &generator), etag: "e-2", size: 2)
            case 3: return .end(path)
            default: return .done(path)
            }
        }
    }
}
