package import FileSystemTypes
package import ObjectStorage

/// How a file is divided into parts; pure. The last part may be shorter.
package struct PartLayout: Hashable, Sendable {
    package let size: Int64
    package let partSize: Int64

    /// Parts of `wanted` bytes, larger where that made more than the store takes.
    package init(size: Int64, wanted: Int64, _ limits: StoreLimits) {
        let least = (size + Int64(limits.parts) - 1) / Int64(max(1, limits.parts))
        let rounded = least > 1 << 20 ? ((least + (1 << 20) - 1) >> 20) << 20 : least
        self.init(size: size, partSize: min(max(wanted, limits.minimumPart, rounded, 1), limits.maximumPart))
    }

    package init(size: Int64, partSize: Int64) {
        self.size = size
        self.partSize = partSize
    }

    package var count: Int { Int((size + partSize - 1) / partSize) }

    /// Numbers begin with 1.
    package func range(_ number: Int) -> ByteRange {
        let start = Int64(number - 1) * partSize
        return ByteRange(offset: start, count: min(partSize, size - start))
    }
}
