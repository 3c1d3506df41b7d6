package import BlockCache
package import FileSystemTypes
import ObjectStorage
import TestSupport

/// Blocks of objects of all sizes whose bytes can be made again at any time: what a cache gives is compared with them.
package struct KnownBlocks: Sendable {
    package let objects: [CachedObject]
    /// All blocks of all objects.
    package let ids: [BlockID]
    /// Random bytes, from which those of a block are cut out.
    private let stock: [UInt8]

    /// One object in three has less than a block; the others have up to `blocks` of them.
    package init(objects count: Int, blocks: Int = 12, seed: UInt64 = 1) {
        var random = SeededGenerator(seed: seed)
        stock = Payload(seed: seed, count: 2 * Int(BlockCache.blockSize)).bytes
        objects = (0..<count).map { number in
            let most = random.oneIn(3) ? BlockCache.blockSize / 16 : Int64(blocks) * BlockCache.blockSize
            let size = Int64.random(in: 1...most, using: &random)
            return CachedObject(bucket: "https://store.example/photos", key: Key("object-\(seed)-\(number)"), etag: ETag("\(number)"), size: size)
        }
        ids = objects.flatMap { object in (0..<object.blockCount).map { BlockID(object: object, index: $0) } }
    }

    package var totalBytes: Int { ids.reduce(0) { $0 + $1.length } }

    /// The bytes of block `number` of `ids`; they begin with the number, so no two blocks of eight bytes or more are alike.
    package func bytes(_ number: Int) -> [UInt8] {
        let length = ids[number].length
        let start = number &* 7919 % Int(BlockCache.blockSize)
        let tag = (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        return Array((tag + stock[start..<start + Int(BlockCache.blockSize)]).prefix(length))
    }

    /// Whether nothing, or what it must be, was found for block `number`.
    package func isRight(_ number: Int, _ found: Bytes?) -> Bool {
        guard let found else { return true }
        return found.contiguous == bytes(number)
    }
}
