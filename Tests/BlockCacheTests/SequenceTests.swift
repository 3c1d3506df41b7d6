import BlockCache
import CacheSupport
import FileSystemTypes
import TestSupport
import Testing

/// Sequences of everything that can be done with a cache, against what was put in.
@Suite(.timeLimit(.minutes(2)))
struct SequenceTests {
    @Test(arguments: SeededGenerator.seeds(6)) func aCacheGivesWhatWasPutInOrNothing(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let scratch = try Scratch(objects: 70, seed: seed)
        defer { scratch.remove() }
        var cache = try scratch.open(mebibytes: 16)
        var put: Set<Int> = []
        var hits = 0
        for step in 0..<1500 {
            let number = Int.random(in: scratch.known.ids.indices, using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<55:
                let found = await cache.block(scratch.known.ids[number])
                #expect(scratch.known.isRight(number, found), "step \(step) of seed \(seed)")
                #expect(found == nil || put.contains(number), "step \(step) of seed \(seed): nobody put it in")
                hits += found == nil ? 0 : 1
            case 55..<99:
                put.insert(number)
                if random.oneIn(3) {
                    cache.insert(scratch.known.ids[number], Bytes(scratch.known.bytes(number)))
                } else {
                    await scratch.put(cache, number)
                }
            default:
                await cache.close()
                cache = random.oneIn(2) ? try await scratch.loaded(mebibytes: 16) : try scratch.open(mebibytes: 16)
            }
        }
        #expect(await scratch.check(cache).wrong == 0)
        #expect(hits > 100, "\(hits) of seed \(seed)")
        #expect(cache.statistics.damaged == 0)
        await cache.close()
    }

    @Test func manyTasksAtOnce() async throws {
        let scratch = try Scratch(objects: 70)
        defer { scratch.remove() }
        let cache = try scratch.open(mebibytes: 16)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(task))
                    for _ in 0..<1000 {
                        let number = Int.random(in: scratch.known.ids.indices, using: &random)
                        let found = await cache.block(scratch.known.ids[number])
                        #expect(scratch.known.isRight(number, found))
                        if found == nil { cache.insert(scratch.known.ids[number], Bytes(scratch.known.bytes(number))) }
                    }
                }
            }
        }
        #expect(cache.statistics.diskHits > 0)
        #expect(cache.statistics.damaged == 0)
        await cache.close()
        #expect(scratch.space() <= 16 << 20)
    }
}
