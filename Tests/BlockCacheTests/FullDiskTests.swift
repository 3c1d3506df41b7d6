import BlockCache
import CacheSupport
import FileSystemTypes
import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)), .enabled(if: geteuid() == 0, "mounting a small disk takes root"))
struct FullDiskTests {
    @Test func aFullDiskTurnsWritingOffUntilThereIsSpace() async throws {
        let disk = try SmallDisk(mebibytes: 12)
        defer { disk.remove() }
        let scratch = try Scratch(in: disk.path, objects: 60)
        let cache = try scratch.open(mebibytes: 64)
        try Data(count: 8 << 20).write(to: URL(filePath: disk.ballast))
        await scratch.fill(cache)
        let (found, wrong) = await scratch.check(cache)
        #expect(wrong == 0)
        #expect(found > 0)

        // Nothing is left but what the cache has: it goes on with that.
        _ = try? Data(count: 16 << 20).write(to: URL(filePath: disk.ballast))
        await scratch.fill(cache)
        #expect(await scratch.check(cache).wrong == 0)
        try FileManager.default.removeItem(atPath: disk.ballast)
        let before = cache.statistics.bytesWritten
        await scratch.until {
            cache.insert(scratch.known.ids[0], Bytes(scratch.known.bytes(0)))
            for number in scratch.known.ids.indices { cache.insert(scratch.known.ids[number], Bytes(scratch.known.bytes(number))) }
            return cache.statistics.bytesWritten > before + 2 << 20
        }
        #expect(cache.statistics.bytesWritten > before)
        #expect(await scratch.check(cache).wrong == 0)
        await cache.close()
    }

    @Test func othersGetTheSpaceThatIsToStayFree() async throws {
        let disk = try SmallDisk(mebibytes: 64)
        defer { disk.remove() }
        let scratch = try Scratch(in: disk.path, objects: 60)
        let cache = try scratch.open(mebibytes: 128) { $0.freeSpaceFloor = 16 << 20 }
        await scratch.fill(cache)
        #expect(scratch.space() > 16 << 20)
        try Data(count: 40 << 20).write(to: URL(filePath: disk.ballast))
        await scratch.until { scratch.space() <= 8 << 20 }
        #expect(scratch.space() <= 8 << 20)
        #expect(await scratch.check(cache).wrong == 0)
        await cache.close()
    }

    @Test func aReadOnlyDiskIsStillRead() async throws {
        let disk = try SmallDisk(mebibytes: 64)
        defer { disk.remove() }
        let scratch = try Scratch(in: disk.path, objects: 20)
        let first = try scratch.open()
        await scratch.fill(first)
        await first.close()
        #expect(disk.remount("ro"))
        let cache = try await scratch.loaded()
        #expect(await scratch.check(cache) == (scratch.known.ids.count, 0))
        let other = KnownBlocks(objects: 2, seed: 8)
        cache.insert(other.ids[0], Bytes(other.bytes(0)))
        await scratch.until { cache.statistics.notWritten > 0 }
        #expect(cache.statistics.notWritten == 1)
        #expect(await cache.block(other.ids[0]) == Bytes(other.bytes(0)), "from memory")
        await cache.close()
    }
}
