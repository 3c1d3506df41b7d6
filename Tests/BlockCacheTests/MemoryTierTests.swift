import BlockCache
import FileSystemTypes
import Logging
import Memory
import ObjectStorage
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MemoryTierTests {
    private let budget = MemoryBudget(limit: 64 << 20)

    private func makeCache() -> BlockCache {
        BlockCache(memory: budget, logger: Logger(label: "test"))
    }

    private func object(_ name: String, size: Int64 = 1 << 40) -> CachedObject {
        CachedObject(bucket: "https://store.example/photos", key: Key(name), etag: ETag("\"1\""), size: size)
    }

    @Test func aBlockIsThatOfItsVersion() async {
        let cache = makeCache()
        let size = BlockCache.blockSize + 10
        let one = object("a", size: size)
        #expect(one.blockCount == 2)
        let whole = Bytes([UInt8](repeating: 1, count: Int(BlockCache.blockSize)))
        cache.insert(BlockID(object: one, index: 0), whole)
        cache.insert(BlockID(object: one, index: 1), Bytes([UInt8](repeating: 2, count: 10)))
        #expect(cache.now(BlockID(object: one, index: 0)) == whole)
        #expect(await cache.block(BlockID(object: one, index: 1)) == Bytes([UInt8](repeating: 2, count: 10)))
        let others = [
            object("b", size: size), object("a", size: size - 1),
            CachedObject(bucket: "https://store.example/photosa", key: "", etag: ETag("1"), size: size),
            CachedObject(bucket: "https://store.example/photos", key: "a", etag: ETag("2"), size: size),
        ]
        for other in others { #expect(cache.now(BlockID(object: other, index: 0)) == nil) }
        #expect(cache.now(BlockID(object: one, index: 2)) == nil)
        #expect(cache.statistics.memoryHits == 2)
    }

    @Test func bytesOfAnotherLengthAreRefused() {
        let cache = makeCache()
        let one = object("a", size: 10)
        cache.insert(BlockID(object: one, index: 0), Bytes([UInt8](repeating: 2, count: 11)))
        cache.insert(BlockID(object: one, index: 1), Bytes())
        cache.insert(BlockID(object: one, index: -1), Bytes([1]))
        #expect(!cache.contains(BlockID(object: one, index: 0)))
        #expect(budget.total == 0)
    }

    @Test func memoryStaysWithinItsShareAndGivesWay() {
        let cache = makeCache()
        let one = object("a")
        let block = [UInt8](repeating: 1, count: Int(BlockCache.blockSize))
        for index in 0..<2000 { cache.insert(BlockID(object: one, index: Int64(index)), Bytes(block)) }
        let used = budget.used[.cache] ?? 0
        #expect(used <= budget.share(of: .cache))
        #expect(used > budget.share(of: .cache) / 10 * 8)
        #expect(budget.reserve(32 << 20, for: .readAhead))
        #expect(budget.total <= budget.limit)
    }

    /// What was read twice outlives a scan of much more than fits; what was read once does not.
    @Test func aScanDoesNotDriveOutWhatIsReadAgainAndAgain() {
        let cache = makeCache()
        let hot = object("hot")
        let scan = object("scan")
        let block = [UInt8](repeating: 1, count: Int(BlockCache.blockSize))
        for index in 0..<100 { cache.insert(BlockID(object: hot, index: Int64(index)), Bytes(block)) }
        for index in 0..<200 { cache.insert(BlockID(object: scan, index: Int64(index)), Bytes(block)) }
        for index in 0..<50 { #expect(cache.now(BlockID(object: hot, index: Int64(index))) != nil) }
        for index in 200..<2000 {
            cache.insert(BlockID(object: scan, index: Int64(index)), Bytes(block))
            // Each block of a scan is read in several pieces.
            for _ in 0..<4 { #expect(cache.now(BlockID(object: scan, index: Int64(index))) != nil) }
        }
        #expect((0..<50).count { cache.contains(BlockID(object: hot, index: Int64($0))) } == 50)
        #expect((50..<100).count { cache.contains(BlockID(object: hot, index: Int64($0))) } == 0)
    }
}
