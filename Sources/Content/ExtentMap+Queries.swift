package import FileSystemTypes

extension ExtentMap {
    package var extentCount: Int { index.count }

    /// Bytes in staging that belong to the file.
    package var localByteCount: Int64 { index.localCount }

    /// All extents in the order of the file.
    package var extents: [Extent] { Array(index) }

    /// What `range` holds, cut to it and to the file: for a read.
    package func extents(in range: ByteRange) -> [Extent] {
        let wanted = range.clamped(toSize: size)
        guard !wanted.isEmpty else { return [] }
        var result: [Extent] = []
        var position = index.position(of: wanted.offset)
        while position < index.end, let extent = index[position].clamped(to: wanted) {
            result.append(extent)
            position = index.after(position)
        }
        return result
    }

    /// Whether the bytes are those of the base, all of them and no others. A new file never is: there is no object yet. O(1) while no part is noted.
    package var isPristine: Bool {
        guard let base, base.size == size else { return false }
        return index.allSatisfy { $0.isUnchanged(from: base) }
    }

    /// What differs from the base, in order, neighbours joined; bytes that were cut off are not among them.
    package var dirtyRanges: [ByteRange] {
        var ranges: [ByteRange] = []
        for extent in index where !extent.isUnchanged(from: base) {
            if let last = ranges.last, last.end == extent.range.offset {
                ranges[ranges.count - 1] = ByteRange(offset: last.offset, count: last.count + extent.range.count)
            } else {
                ranges.append(extent.range)
            }
        }
        return ranges
    }

    /// Where the next byte lies that is no hole, from `offset` on; nil when there is none: ENXIO (lseek(2), `SEEK_DATA`).
    package func nextData(from offset: Int64) -> Int64? {
        next(from: offset) { !$0.origin.isHole }
    }

    /// Where the next hole begins, from `offset` on: the end of the file is one. Nil at or past the end: ENXIO (lseek(2), `SEEK_HOLE`).
    package func nextHole(from offset: Int64) -> Int64? {
        guard offset < size else { return nil }
        return next(from: offset) { $0.origin.isHole } ?? size
    }

    private func next(from offset: Int64, _ condition: (Extent) -> Bool) -> Int64? {
        guard offset >= 0, offset < size else { return nil }
        var position = index.position(of: offset)
        while position < index.end {
            if condition(index[position]) { return max(offset, index[position].range.offset) }
            position = index.after(position)
        }
        return nil
    }

    /// The objects that the content still needs, in the order in which they first occur.
    package var sources: [ObjectVersion] {
        var seen: Set<ObjectVersion> = []
        return index.compactMap { extent in
            guard case .remote(let source, _) = extent.origin, seen.insert(source).inserted else { return nil }
            return source
        }
    }

    /// The first bytes that come from `version`, at most `count` of them; nil when there are none.
    package func firstExtent(of version: ObjectVersion, atMost count: Int64) -> Extent? {
        for extent in index {
            guard case .remote(version, _) = extent.origin else { continue }
            return extent.clamped(to: ByteRange(offset: extent.range.offset, count: min(count, extent.range.count)))
        }
        return nil
    }
}
