import BlockCache
import CacheSupport
import FileSystemTypes
import Foundation
import TestSupport
import Testing

/// Whatever happens to the files, before the start or under a running cache: never a wrong byte.
@Suite(.timeLimit(.minutes(2)))
struct DamageTests {
    /// A folder with blocks in several files, one of which nobody completed, as after SIGKILL.
    private func filled(seed: UInt64) async throws -> Scratch {
        let scratch = try Scratch(objects: 20, seed: seed)
        let cache = try scratch.open(mebibytes: 16)
        await scratch.fill(cache)
        await cache.close()
        return scratch
    }

    @Test(arguments: SeededGenerator.seeds(4)) func flippedBitsAreFound(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let scratch = try await filled(seed: seed)
        defer { scratch.remove() }
        var damaged: Int64 = 0
        for round in 0..<12 {
            for name in try scratch.files() { try Damage.flipBit("\(scratch.folder)/\(name)", &random) }
            let cache = try await scratch.loaded(mebibytes: 16)
            let (found, wrong) = await scratch.check(cache)
            #expect(wrong == 0, "round \(round) of seed \(seed)")
            #expect(found > 0)
            damaged += cache.statistics.damaged
            await cache.close()
        }
        #expect(damaged > 0, "no flipped bit was found")
    }

    /// What the checks are for: without them the same damage gives wrong bytes.
    @Test func withoutTheChecksFlippedBitsAreRead() async throws {
        var random = SeededGenerator(seed: 5)
        let scratch = try await filled(seed: 5)
        defer { scratch.remove() }
        for _ in 0..<20 { for name in try scratch.files() { try Damage.flipBit("\(scratch.folder)/\(name)", &random) } }
        let careless = try await scratch.loaded(mebibytes: 16) { $0.verifies = false }
        #expect(await scratch.check(careless).wrong > 0)
        await careless.close()
        let careful = try await scratch.loaded(mebibytes: 16)
        #expect(await scratch.check(careful).wrong == 0)
        #expect(careful.statistics.damaged > 0)
        await careful.close()
    }

    /// Damage of every kind under a running cache, while others read and write.
    @Test(arguments: SeededGenerator.seeds(4)) func damageUnderARunningCache(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let scratch = try await filled(seed: seed)
        defer { scratch.remove() }
        let cache = try await scratch.loaded(mebibytes: 16)
        for _ in 0..<40 {
            try damage(scratch, &random)
            for _ in 0..<10 {
                let number = Int.random(in: scratch.known.ids.indices, using: &random)
                let found = await cache.block(scratch.known.ids[number])
                #expect(scratch.known.isRight(number, found), "block \(number) of seed \(seed)")
                if found == nil { await scratch.put(cache, number) }
            }
        }
        #expect(await scratch.check(cache).wrong == 0)
        #expect(cache.statistics.diskHits > 0)
        #expect(cache.statistics.damaged > 0)
        await cache.close()
        let again = try await scratch.loaded(mebibytes: 16)
        #expect(await scratch.check(again).wrong == 0)
        await again.close()
    }

    private func damage(_ scratch: Scratch, _ random: inout SeededGenerator) throws {
        let names = try scratch.files()
        guard !names.isEmpty else { return }
        let path = "\(scratch.folder)/\(random.pick(names))"
        let other = "\(scratch.folder)/\(random.pick(names))"
        switch Int.random(in: 0..<8, using: &random) {
        case 0...2: try Damage.flipBit(path, &random)
        case 3: try Damage.truncate(path, to: Int.random(in: 0...(1 << 20), using: &random))
        case 4: try FileManager.default.removeItem(atPath: path)
        case 5: try Damage.write(Payload(seed: random.next(), count: 5000).bytes, at: Int.random(in: 0..<600_000, using: &random), in: path)
        case 6:
            // One file's bytes under the name of another.
            let bytes = try Damage.bytes(other)
            try FileManager.default.removeItem(atPath: path)
            try Data(bytes).write(to: URL(filePath: path))
        default:
            // A stretch of one file at the same place of another: each block is whole, but not there.
            let bytes = try Damage.bytes(other)
            let start = Int.random(in: 0...4, using: &random) * 131_584 + 512
            guard start + 131_584 <= bytes.count else { return }
            try Damage.write(Array(bytes[start..<start + 131_584]), at: start, in: path)
        }
    }

    @Test func aTruncatedFileGivesTheBlocksBeforeTheCut() async throws {
        let scratch = try await filled(seed: 9)
        defer { scratch.remove() }
        for name in try scratch.files() {
            let path = "\(scratch.folder)/\(name)"
            try Damage.truncate(path, to: try Damage.bytes(path).count / 2)
        }
        let cache = try await scratch.loaded(mebibytes: 16)
        let (found, wrong) = await scratch.check(cache)
        #expect(wrong == 0)
        #expect(found > scratch.known.ids.count / 4 && found < scratch.known.ids.count * 3 / 4, "\(found) of \(scratch.known.ids.count)")
        await cache.close()
    }

    @Test func theFolderMayBeDeletedUnderARunningCache() async throws {
        let scratch = try await filled(seed: 3)
        defer { scratch.remove() }
        let cache = try await scratch.loaded(mebibytes: 16)
        #expect(await scratch.check(cache).found > 0)
        try FileManager.default.removeItem(atPath: scratch.folder)
        #expect(await scratch.check(cache).wrong == 0)
        // Those whose files it had open may still be there, until it looks at the folder.
        await scratch.until { cache.usage.blocksOnDisk == 0 }
        #expect(cache.usage.blocksOnDisk == 0)
        await scratch.fill(cache)
        #expect(try scratch.files().count > 1, "the folder was not made again")
        #expect(await scratch.check(cache).wrong == 0)
        await cache.close()
        let again = try await scratch.loaded(mebibytes: 16)
        #expect(await scratch.check(again).found > 0)
        await again.close()
    }

    @Test func deletedFilesAreNoDamage() async throws {
        let scratch = try await filled(seed: 4)
        defer { scratch.remove() }
        let cache = try await scratch.loaded(mebibytes: 16)
        for name in try scratch.files() { try FileManager.default.removeItem(atPath: "\(scratch.folder)/\(name)") }
        #expect(await scratch.check(cache).wrong == 0)
        #expect(cache.statistics.damaged == 0)
        await cache.close()
    }
}
