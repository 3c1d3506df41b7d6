internal import Crypto
package import ObjectStorage

/// Whose blocks: one version of one object in one bucket.
///
/// Only a digest of its names is kept: 32 bytes of SHA-256 stand for the version in memory and on the disk, so blocks of two versions are
/// never taken for each other, and the cache does not tell the names of what it holds.
package struct CachedObject: Hashable, Sendable {
    /// The SHA-256 as four numbers, in the order of its bytes.
    let digest: SIMD4<UInt64>
    /// In bytes.
    package let size: Int64

    /// `bucket`: the endpoint and the bucket, as one text that is the same at each mount of it. An object without an ETag has no version to
    /// tell: its blocks do not belong into a cache.
    package init(bucket: String, key: Key, etag: ETag, size: Int64) {
        var hash = SHA256()
        var lengths: [UInt8] = []
        LittleEndian.append(UInt64(bitPattern: size), to: &lengths)
        for part in [Array(bucket.utf8), key.bytes, Array(etag.text.utf8)] {
            LittleEndian.append(UInt64(part.count), to: &lengths)
            hash.update(data: part)
        }
        // With the lengths no two triples are the same bytes.
        hash.update(data: lengths)
        digest = LittleEndian.words(Array(hash.finalize())[...], 0)
        self.size = size
    }

    package static func == (left: CachedObject, right: CachedObject) -> Bool {
        left.digest == right.digest
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(digest.x)
    }

    /// The number of blocks that the object has.
    package var blockCount: Int64 {
        size / BlockCache.blockSize + (size % BlockCache.blockSize > 0 ? 1 : 0)
    }
}

/// One block of a version of an object: the bytes from `index * BlockCache.blockSize` on.
package struct BlockID: Hashable, Sendable {
    package let object: CachedObject
    package let index: Int64

    package init(object: CachedObject, index: Int64) {
        self.object = object
        self.index = index
    }

    /// How many bytes the block has: `BlockCache.blockSize`, or less at the object's end; 0 for a block that it does not have.
    package var length: Int {
        guard index >= 0, index < object.blockCount else { return 0 }
        return Int(min(object.size - index * BlockCache.blockSize, BlockCache.blockSize))
    }

    /// A number that is the same in each process. Two blocks may share it, which reading from the disk finds out.
    var fingerprint: UInt64 { Self.fingerprint(object.digest, index) }

    static func fingerprint(_ digest: SIMD4<UInt64>, _ index: Int64) -> UInt64 {
        var mixed = digest.x ^ (UInt64(bitPattern: index) &* 0x9E37_79B9_7F4A_7C15)
        mixed = (mixed ^ (mixed >> 32)) &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ (mixed >> 32)
    }
}
