import BlockCache
import CacheSupport
import FileSystemTypes
import Glibc
import Logging
import Memory
import TestSupport

/// Works with the folder of a cache until it is killed, and tells afterwards what is left in it; see Tests/Integration/test_cache.py.
///
///     cache-worker run FOLDER SEED MEBIBYTES      puts blocks in and takes them out at random, and compares them
///     cache-worker check FOLDER [careless]        compares all that is there, with the checks of the cache or without them
///     cache-worker fill FOLDER MEBIBYTES          writes one large object
///     cache-worker read FOLDER MEBIBYTES TASKS RUN   how fast it is read, in runs of so many blocks
///     cache-worker open FOLDER MEBIBYTES          how long a start takes
@main
struct CacheWorker {
    /// The same in each run, so that one finds what another has left.
    static let known = KnownBlocks(objects: 150, seed: 77)

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let number = arguments.count > 2 ? Int(arguments[2]) ?? 0 : 0
        do throws(CacheError) {
            switch arguments.first {
            case "run" where arguments.count == 4: try await run(arguments[1], seed: UInt64(number), mebibytes: Int64(arguments[3]) ?? 16)
            case "check" where arguments.count == 2: try await check(arguments[1], verifies: true)
            case "check" where arguments.count == 3 && arguments[2] == "careless": try await check(arguments[1], verifies: false)
            case "fill" where arguments.count == 3: try await Measurement(arguments[1], mebibytes: number).fill()
            case "read" where arguments.count == 5:
                try await Measurement(arguments[1], mebibytes: number).read(tasks: Int(arguments[3]) ?? 1, run: Int64(arguments[4]) ?? 1)
            case "open" where arguments.count == 3: try await Measurement(arguments[1], mebibytes: number).open()
            default:
                say(
                    "usage: cache-worker run FOLDER SEED MEBIBYTES | check FOLDER [careless] | fill FOLDER MEBIBYTES | read FOLDER MEBIBYTES TASKS RUN | open FOLDER MEBIBYTES"
                )
                exit(64)
            }
        } catch {
            say("error \(error)")
            exit(1)
        }
    }

    static func options(_ folder: String, mebibytes: Int64) -> DiskCacheOptions {
        var options = DiskCacheOptions(folder: folder, limit: mebibytes << 20)
        options.freeSpaceFloor = 0
        options.upkeepInterval = .milliseconds(20)
        options.retryDelay = .milliseconds(20)
        return options
    }

    private static func run(_ folder: String, seed: UInt64, mebibytes: Int64) async throws(CacheError) {
        // Little memory, so that most is read from the disk.
        let cache = try BlockCache(
            memory: MemoryBudget(limit: 8 << 20), disk: options(folder, mebibytes: mebibytes), logger: Logger(label: "worker"))
        say("ready")
        await withTaskGroup(of: Void.self) { group in
            for lane in 0..<3 {
                group.addTask { await work(cache, SeededGenerator(seed: seed &* 31 &+ UInt64(lane))) }
            }
        }
    }

    private static func work(_ cache: BlockCache, _ generator: SeededGenerator) async {
        var random = generator
        while true {
            for _ in 0..<100 {
                let number = Int.random(in: known.ids.indices, using: &random)
                let found = await cache.block(known.ids[number])
                guard known.isRight(number, found) else {
                    say("wrong block \(number)")
                    exit(1)
                }
                if found == nil { cache.insert(known.ids[number], Bytes(known.bytes(number))) }
            }
            let counters = cache.statistics
            say("read \(counters.diskHits) written \(counters.bytesWritten) evicted \(counters.evicted) damaged \(counters.damaged)")
        }
    }

    private static func check(_ folder: String, verifies: Bool) async throws(CacheError) {
        var options = options(folder, mebibytes: 1 << 20)
        options.verifies = verifies
        let logger = Logger(label: "worker") { _ in SwiftLogNoOpLogHandler() }
        let cache = try BlockCache(memory: MemoryBudget(limit: 64 << 20), disk: options, logger: logger)
        while cache.usage.isLoading { try? await Task.sleep(for: .milliseconds(1)) }
        var found = 0
        for number in known.ids.indices {
            let bytes = await cache.block(known.ids[number])
            guard known.isRight(number, bytes) else {
                say("wrong block \(number)")
                exit(1)
            }
            found += bytes == nil ? 0 : 1
        }
        say("checked \(found) of \(known.ids.count) damaged \(cache.statistics.damaged)")
        await cache.close()
    }
}

/// One line, in one write(2): it is read whole or not at all.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    unsafe _ = write(1, bytes, bytes.count)
}
