import BlockCache
import CacheSupport
import FileSystemTypes
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DiskTierTests {
    @Test func whatWasPutInIsThereAfterARestart() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let first = try scratch.open()
        await scratch.fill(first)
        #expect(await scratch.check(first) == (scratch.known.ids.count, 0))
        await first.close()

        let second = try await scratch.loaded()
        #expect(scratch.known.ids.allSatisfy { second.contains($0) })
        #expect(await scratch.check(second) == (scratch.known.ids.count, 0))
        #expect(second.statistics.diskHits == scratch.known.ids.count)
        #expect(second.statistics.damaged == 0)
        await second.close()
    }

    @Test func blocksThatFollowEachOtherComeTogether() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let cache = try scratch.open()
        await scratch.fill(cache)
        var number = 0
        for object in scratch.known.objects {
            let found = await cache.blocks(of: object, 0..<object.blockCount + 2)
            #expect(found.count == object.blockCount + 2)
            #expect(found.suffix(2).allSatisfy { $0 == nil })
            for bytes in found.dropLast(2) {
                #expect(scratch.known.isRight(number, bytes) && bytes != nil)
                number += 1
            }
        }
        await cache.close()
    }

    /// Also when it is closed at once: what waits is written.
    @Test func closingWritesWhatWaits() async throws {
        let scratch = try Scratch(objects: 5)
        defer { scratch.remove() }
        let first = try scratch.open(memory: 64 << 20)
        for number in scratch.known.ids.indices { first.insert(scratch.known.ids[number], Bytes(scratch.known.bytes(number))) }
        await first.close()
        let second = try await scratch.loaded()
        #expect(await scratch.check(second).found == scratch.known.ids.count - Int(first.statistics.notWritten))
        #expect(second.statistics.diskHits > 0)
        await second.close()
    }

    @Test func theDiskHoldsNoMoreThanItMayAtAnyTime() async throws {
        let scratch = try Scratch(objects: 120)
        defer { scratch.remove() }
        #expect(scratch.known.totalBytes > 50 << 20)
        let cache = try scratch.open(mebibytes: 16)
        for number in scratch.known.ids.indices {
            await scratch.put(cache, number)
            #expect(scratch.space() <= 16 << 20)
        }
        let (found, wrong) = await scratch.check(cache)
        #expect(wrong == 0)
        #expect(found > 60 && found < scratch.known.ids.count, "\(found) of \(scratch.known.ids.count)")
        #expect(cache.statistics.evicted > 0)
        // The newest are there.
        #expect(cache.contains(scratch.known.ids[scratch.known.ids.count - 1]))
        #expect(!cache.contains(scratch.known.ids[0]))
        await cache.close()
    }

    @Test func whatIsReadAgainAndAgainStays() async throws {
        let scratch = try Scratch(objects: 120)
        defer { scratch.remove() }
        let cache = try scratch.open(mebibytes: 16)
        let hot = (0..<10).map { $0 * 10 }
        for number in scratch.known.ids.indices {
            await scratch.put(cache, number)
            guard number % 5 == 0 else { continue }
            for hot in hot where hot <= number { #expect(scratch.known.isRight(hot, await cache.block(scratch.known.ids[hot]))) }
        }
        #expect(cache.statistics.evicted > 100)
        #expect(hot.allSatisfy { cache.contains(scratch.known.ids[$0]) })
        #expect((1..<10).allSatisfy { !cache.contains(scratch.known.ids[$0]) })
        await cache.close()
    }

    @Test func aSmallerLimitIsKeptFromTheStart() async throws {
        let scratch = try Scratch(objects: 100)
        defer { scratch.remove() }
        let large = try scratch.open(mebibytes: 128)
        await scratch.fill(large)
        await large.close()
        #expect(scratch.space() > 32 << 20)
        let small = try scratch.open(mebibytes: 16)
        await scratch.until { scratch.space() <= 16 << 20 }
        #expect(scratch.space() <= 16 << 20)
        #expect(await scratch.check(small).wrong == 0)
        await small.close()
    }

    /// Everything is asked for while nothing is known yet.
    @Test func requestsAreServedWhileTheIndexIsRead() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let first = try scratch.open()
        await scratch.fill(first)
        await first.close()
        for _ in 0..<20 {
            let cache = try scratch.open()
            #expect(await scratch.check(cache).wrong == 0)
            await cache.close()
        }
    }

    @Test func twoCachesShareAFolder() async throws {
        let scratch = try Scratch(objects: 60)
        defer { scratch.remove() }
        let one = try scratch.open(mebibytes: 128)
        let other = try scratch.open(mebibytes: 128)
        let half = scratch.known.ids.count / 2
        await scratch.fill(one, 0..<half)
        await scratch.fill(other, half..<scratch.known.ids.count)
        #expect(scratch.space() <= 128 << 20)
        await one.close()
        // What the first has left is found by the second while it runs.
        await scratch.until { (0..<half).count { other.contains(scratch.known.ids[$0]) } > half / 2 }
        let (found, wrong) = await scratch.check(other)
        #expect(wrong == 0)
        #expect(found > half, "\(found) of \(scratch.known.ids.count)")
        await other.close()
    }
}

@Suite(.timeLimit(.minutes(1)))
struct CacheFolderTests {
    private func refusal(_ scratch: Scratch) async -> String? {
        do {
            await (try scratch.open()).close()
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func mode(_ path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
    }

    @Test func onlyItsOwnerCanReadIt() async throws {
        let scratch = try Scratch(objects: 3)
        defer { scratch.remove() }
        // One that is there already, and empty, is taken.
        try FileManager.default.createDirectory(atPath: scratch.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        let cache = try scratch.open()
        await scratch.fill(cache)
        await cache.close()
        #expect(try mode(scratch.folder) == 0o700)
        #expect(try scratch.files().count == 1)
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.folder) {
            #expect(try mode("\(scratch.folder)/\(name)") == 0o600)
        }
    }

    @Test func aFolderWithOtherFilesIsRefused() async throws {
        let scratch = try Scratch(objects: 3)
        defer { scratch.remove() }
        try FileManager.default.createDirectory(atPath: scratch.folder, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(filePath: scratch.folder + "/photo.jpg"))
        #expect(await refusal(scratch) == "\(scratch.folder) is not empty and no cache of windlass; choose an empty or new folder for --cache-dir")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.folder) == ["photo.jpg"])
    }

    @Test func aFolderThatOthersMayEnterIsRefused() async throws {
        let scratch = try Scratch(objects: 3)
        defer { scratch.remove() }
        await (try scratch.open()).close()
        try FileManager.default.setAttributes([.posixPermissions: 0o770], ofItemAtPath: scratch.folder)
        #expect(await refusal(scratch)?.contains("run `chmod 700 \(scratch.folder)`") == true)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: scratch.folder)
        #expect(await refusal(scratch) == nil)
    }

    @Test func aFileInItsPlaceIsRefused() async throws {
        let scratch = try Scratch(objects: 3)
        defer { scratch.remove() }
        try Data("mine".utf8).write(to: URL(filePath: scratch.folder))
        #expect(await refusal(scratch) == "cannot use \(scratch.folder) for the cache: Not a directory; choose another --cache-dir")
    }

    /// Other formats take space and are dropped with age; what is no file of a cache is left alone.
    @Test func filesOfOtherVersionsAreDroppedWithAge() async throws {
        let scratch = try Scratch(objects: 80)
        defer { scratch.remove() }
        await (try scratch.open()).close()
        let old = scratch.folder + "/0000000000000001-00000001.v9"
        try Data(count: 1 << 20).write(to: URL(filePath: old))
        try Data("x".utf8).write(to: URL(filePath: scratch.folder + "/notes"))
        let cache = try scratch.open(mebibytes: 16)
        await scratch.fill(cache)
        #expect(!FileManager.default.fileExists(atPath: old))
        #expect(FileManager.default.fileExists(atPath: scratch.folder + "/notes"))
        await cache.close()
    }
}
