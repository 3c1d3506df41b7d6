internal import Synchronization

/// Where the blocks on the disk lie: 16 bytes for each, by fingerprint. In several parts with a lock each.
///
/// It is a hint: a block read from the disk tells itself what it is.
final class BlockIndex: Sendable {
    /// A place on the disk, in one number: the file, the offset in units of `BlockHeader.unit`, and whether it was read.
    struct Place: Hashable {
        private static let hot: UInt64 = 1

        fileprivate var raw: UInt64

        init(segment: UInt32, offset: UInt32) {
            raw = UInt64(segment) << 32 | UInt64(offset) << 1
        }

        fileprivate init(raw: UInt64) {
            self.raw = raw
        }

        var segment: UInt32 { UInt32(raw >> 32) }
        var offset: UInt32 { UInt32(truncatingIfNeeded: raw) >> 1 }
        var isHot: Bool { raw & Self.hot != 0 }

        fileprivate mutating func makeHot() { raw |= Self.hot }

        func isSamePlace(as other: Place) -> Bool { raw | Self.hot == other.raw | Self.hot }
    }

    /// What an entry takes in memory, counting what a dictionary leaves unused.
    static let entryCost = 40

    private final class Shard: Sendable {
        let places = Mutex<[UInt64: UInt64]>([:])
    }

    private static let shardCount = 64
    private let shards = (0..<shardCount).map { _ in Shard() }
    private let total = Atomic<Int>(0)

    var count: Int { total.load(ordering: .relaxed) }

    func find(_ fingerprint: UInt64) -> Place? {
        shard(fingerprint).places.withLock { $0[fingerprint] }.map { Place(raw: $0) }
    }

    /// `replacing`: the newer place of a block counts; else one that is known stays.
    func insert(_ fingerprint: UInt64, _ place: Place, replacing: Bool) {
        let isNew = shard(fingerprint).places.withLock { places in
            guard places[fingerprint] != nil else {
                places[fingerprint] = place.raw
                return true
            }
            if replacing { places[fingerprint] = place.raw }
            return false
        }
        if isNew { total.add(1, ordering: .relaxed) }
    }

    /// The block was asked for: it is written again when its file is dropped.
    func touch(_ fingerprint: UInt64) {
        shard(fingerprint).places.withLock { places in
            guard var place = places[fingerprint].map({ Place(raw: $0) }), !place.isHot else { return }
            place.makeHot()
            places[fingerprint] = place.raw
        }
    }

    /// Forgets the block if it is still thought to be at that place.
    func remove(_ fingerprint: UInt64, at place: Place) {
        let isGone = shard(fingerprint).places.withLock { places in
            guard let known = places[fingerprint], Place(raw: known).isSamePlace(as: place) else { return false }
            places[fingerprint] = nil
            return true
        }
        if isGone { total.subtract(1, ordering: .relaxed) }
    }

    /// Forgets all blocks of some files, and returns how many and the places of those that were read. O(entries).
    func remove(segments: Set<UInt32>) -> (count: Int, hot: [Place]) {
        var count = 0
        var hot: [Place] = []
        for shard in shards {
            shard.places.withLock { places in
                let gone = places.filter { segments.contains(Place(raw: $0.value).segment) }
                for (fingerprint, raw) in gone {
                    places[fingerprint] = nil
                    if Place(raw: raw).isHot { hot.append(Place(raw: raw)) }
                }
                count += gone.count
            }
        }
        total.subtract(count, ordering: .relaxed)
        return (count, hot)
    }

    private func shard(_ fingerprint: UInt64) -> Shard {
        shards[Int(truncatingIfNeeded: fingerprint >> 58)]
    }
}
