import FileSystemTypes
import Foundation
import Glibc
import ObjectStorage
import Staging
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StagingSpaceTests {
    /// What the disk says that a file takes (st_blocks of fstat(2)).
    private static func blocks(_ path: String) -> Int64 {
        var status = stat()
        unsafe stat(path, &status)
        return Int64(status.st_blocks) * 512
    }

    @Test func theLimitIsHeldAndWhatWasWrittenStays() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open(StateFolder.Options(stagingLimit: 100_000, freeSpaceFloor: 0))
        defer { try? folder.close() }
        let file = try await folder.makeFile()
        _ = try file.append(pattern(1, 90_000))
        let error = await failure { try file.append(pattern(2, 20_000)) }
        #expect(error?.reason == .full)
        #expect(error?.errno == .noSpace)
        #expect(error?.message.contains("--staging-size") == true)
        #expect(file.length == 90_000)
        #expect(try file.read(at: 0, count: 90_000) == Bytes(pattern(1, 90_000)))
        #expect(folder.space.used == 90_112)
        _ = try file.append(pattern(2, 5000))
        #expect(file.length == 95_000)
    }

    @Test func theDiskKeepsItsFloor() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let files = FaultyFiles()
        let (folder, _) = try scratch.open(StateFolder.Options(freeSpaceFloor: 1 << 20), files: files)
        defer { try? folder.close() }
        let file = try await folder.makeFile()
        files.setFreeSpace(1 << 20 + 8192)
        #expect(try file.append(pattern(1, 4096)) == 0)
        files.setFreeSpace(1 << 20)
        let error = await failure { try file.append(pattern(1, 4096)) }
        #expect(error?.reason == .full)
        #expect(folder.space.used == 4096)
    }

    @Test func releasedBlocksGoBackToTheDiskAndTheAccountIsRight() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        defer { try? folder.close() }
        let file = try await folder.makeFile()
        let path = "\(scratch.folder)/files/\(file.name)"
        _ = try file.append(pattern(1, 1_000_000))
        _ = try file.seal(for: FileID(1))
        #expect(file.occupied == Self.blocks(path))
        // Two ranges that meet in the middle of a block: it is given back with the second.
        try file.release(ByteRange(offset: 0, count: 20_000))
        #expect(file.occupied == 1_003_520 - 16384)
        try file.release(ByteRange(offset: 20_000, count: 480_000))
        try file.release(ByteRange(offset: 100_000, count: 10))
        #expect(file.occupied == 1_003_520 - 30 * 16384)
        #expect(file.occupied == Self.blocks(path))
        #expect(folder.space.used == file.occupied)
        #expect(try file.read(at: 500_000, count: 500_000) == Bytes(Array(pattern(1, 1_000_000)[500_000...])))
        try file.verify()
        // Who comes too late for them has met no damage.
        let late = await failure { try file.read(at: 50_000, count: 10) }
        #expect(late?.reason == .failed(.stale) && file.fault == nil)
        try file.keepOnly([ByteRange(offset: 700_000, count: 1)])
        #expect(file.occupied == Self.blocks(path))
        #expect(file.occupied == 16384 + 4096)
        #expect(try file.read(at: 700_000, count: 1) == Bytes([pattern(1, 1_000_000)[700_000]]))
    }

    @Test func aRemovedFileGivesItsSpaceBack() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        defer { try? folder.close() }
        do {
            let file = try await folder.makeFile()
            _ = try file.append(pattern(1, 1_000_000))
            try file.release(ByteRange(offset: 0, count: 100_000))
            try file.remove()
            try file.remove()
            withExtendedLifetime(file) { #expect(folder.space.used > 0, "somebody may still read it") }
        }
        #expect(folder.space.used == 0)
    }

    @Test(arguments: SeededGenerator.seeds(10)) func randomReleasesKeepTheAccount(_ seed: UInt64) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let (folder, _) = try scratch.open()
        defer { try? folder.close() }
        let file = try await folder.makeFile()
        var generator = SeededGenerator(seed: seed)
        var kept = [Bool]()
        for _ in 0..<40 {
            let more = Int.random(in: 1...60_000, using: &generator)
            _ = try file.append(pattern(9, more))
            kept += Array(repeating: true, count: more)
            let start = Int.random(in: 0..<kept.count, using: &generator)
            let count = Int.random(in: 0...min(80_000, kept.count - start), using: &generator)
            try file.release(ByteRange(offset: Int64(start), count: Int64(count)))
            for index in start..<start + count { kept[index] = false }
        }
        _ = try file.seal(for: FileID(1))
        // With so many holes ext4 needs a block or two to list the extents, and counts them too.
        #expect((0...8192).contains(Self.blocks("\(scratch.folder)/files/\(file.name)") - file.occupied))
        #expect(folder.space.used == file.occupied)
        // Bytes that are still needed can still be read, with their checks.
        try file.verify()
        for start in stride(from: 0, to: kept.count, by: 997) where kept[start] { _ = try file.read(at: Int64(start), count: 1) }
    }
}
