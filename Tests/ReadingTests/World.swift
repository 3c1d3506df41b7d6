import FileSystemTypes
import Reading
import Synchronization

/// The world around a prefetcher, as a test wants it.
struct World: ReadSurroundings {
    var bytesInFlight: Int64 = 0
    var share: Int64 = 64 << 20
    /// Blocks that the cache has, by their offset.
    var cached: Set<Int64> = []
    var memory = Memory()

    /// Memory for reading ahead.
    final class Memory: Sendable {
        private let left: Mutex<Int64>

        init(_ bytes: Int64 = .max / 2) {
            left = Mutex(bytes)
        }

        func take(_ bytes: Int64) -> Bool {
            left.withLock { left in
                guard left >= bytes else { return false }
                left -= bytes
                return true
            }
        }

        func give(_ bytes: Int64) {
            left.withLock { $0 += bytes }
        }

        var free: Int64 { left.withLock { $0 } }
    }

    func isCached(_ range: ByteRange) -> Bool { cached.contains(range.offset) }
    func reserve(_ bytes: Int64) -> Bool { memory.take(bytes) }
}

/// A prefetcher with its owner's duties done: counts what is fetched.
struct Harness {
    var prefetcher: Prefetcher
    var world = World()
    private(set) var fetched: [ByteRange] = []
    private(set) var cancelled: [ByteRange] = []
    private var underWay: Set<Int> = []

    init(size: Int64, alignment: Int64 = 1, smallFile: Int64 = 1 << 20) {
        var settings = Prefetcher.Settings()
        settings.alignment = alignment
        settings.smallFile = smallFile
        prefetcher = Prefetcher(size: size, settings: settings)
    }

    var fetchedBytes: Int64 { fetched.reduce(0) { $0 + $1.count } }

    /// A read whose answer arrives at once, with all else that is under way.
    @discardableResult
    mutating func read(_ offset: Int64, _ count: Int64, by reader: Int = 1) -> Prefetcher.Plan {
        let plan = start(offset, count, by: reader)
        arrive()
        end(plan)
        return plan
    }

    mutating func start(_ offset: Int64, _ count: Int64, by reader: Int = 1) -> Prefetcher.Plan {
        let plan = prefetcher.plan(ByteRange(offset: offset, count: count), by: ReaderID(reader), in: world)
        for segment in plan.starting {
            fetched.append(segment.range)
            underWay.insert(segment.number)
        }
        drop(plan.dropping)
        return plan
    }

    mutating func arrive() {
        for number in underWay.sorted() { drop(prefetcher.finished(number)) }
        underWay = []
    }

    mutating func end(_ plan: Prefetcher.Plan) { drop(prefetcher.leave(plan.pieces)) }
    mutating func close(_ reader: Int = 1) { drop(prefetcher.close(ReaderID(reader))) }

    private mutating func drop(_ segments: [Prefetcher.Segment]) {
        for segment in segments {
            world.memory.give(segment.ahead)
            if underWay.remove(segment.number) != nil { cancelled.append(segment.range) }
        }
    }

    /// What was fetched twice.
    var repeated: [ByteRange] {
        let sorted = fetched.sorted { $0.offset < $1.offset }
        return zip(sorted, sorted.dropFirst()).filter { $0.end > $1.offset }.map { $1 }
    }
}

extension Prefetcher.Plan {
    var ranges: [ByteRange] { starting.map(\.range) }
}

let kibibyte: Int64 = 1 << 10
let mebibyte: Int64 = 1 << 20
let gibibyte: Int64 = 1 << 30
