package import FileSystemTypes

/// Bytes to be copied from one staging file to another.
package struct StagingCopy: Hashable, Sendable {
    /// Offset in the staging file of the map that was copied from.
    package var source: Int64
    /// Offset in the staging file of the map that was copied to.
    package var destination: Int64
    package var count: Int64

    package init(source: Int64, destination: Int64, count: Int64) {
        self.source = source
        self.destination = destination
        self.count = count
    }
}

/// Bytes that only a part of an upload holds, where they were to be read.
package struct BytesOnlyInPart: Error, Hashable, CustomStringConvertible {
    package let range: ByteRange

    package init(range: ByteRange) {
        self.range = range
    }

    package var description: String {
        "bytes \(range.offset)..<\(range.end) are only in a part that is already sent: complete the upload first"
    }
}

extension ExtentMap {
    /// Makes `range` of `other`, cut to its end, also the content from `offset` on (copy_file_range(2), `FICLONERANGE`). `other` may be this map.
    ///
    /// What lies in an object stays there. Bytes in the staging file of `other` belong to it alone: they must be copied as the result
    /// says, which places the copied range at `stagingOffset` of this map's staging file, each byte at its distance from the beginning.
    /// The map already says so; it must not be used before the copies are made.
    package mutating func copyRange(
        _ range: ByteRange, of other: ExtentMap, to offset: Int64, stagingAt stagingOffset: Int64
    ) throws(BytesOnlyInPart) -> [StagingCopy] {
        var copies: [StagingCopy] = []
        var copied: [Extent] = []
        for extent in other.extents(in: range) {
            let distance = extent.range.offset - range.offset
            let place = ByteRange(offset: offset + distance, count: extent.range.count)
            switch extent.origin {
            case .hole, .remote: copied.append(Extent(place, extent.origin))
            case .partOnly: throw BytesOnlyInPart(range: extent.range)
            case .local(let source):
                copied.append(Extent(place, .local(offset: stagingOffset + distance)))
                copies.append(StagingCopy(source: source, destination: stagingOffset + distance, count: place.count))
            }
        }
        put(Self.joined(copied))
        return copies
    }

    /// The bytes of `old` are now to be had as `new`: its object was renamed or copied. O(n).
    package mutating func replaceSource(_ old: ObjectVersion, with new: ObjectVersion) {
        precondition(old.size == new.size, "the same bytes under another name")
        if base == old { base = new }
        let moved = index.map { extent in
            guard case .remote(old, let offset) = extent.origin else { return extent }
            return Extent(extent.range, .remote(new, offset: offset), place: extent.place)
        }
        index = ExtentIndex()
        index.replace(from: index.end, upTo: index.end, with: Self.joined(moved))
    }
}
