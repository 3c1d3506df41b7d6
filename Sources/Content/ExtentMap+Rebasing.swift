package import FileSystemTypes

extension ExtentMap {
    /// What this map is once `snapshot`, an earlier state of it, has been stored as `object`: bytes that have not changed since lie there now.
    ///
    /// Staging gives each byte written a place of its own, so the same place at the same offset is the same byte. The upload of the snapshot
    /// has ended: no part is noted any more. O(n log n).
    package func rebased(from snapshot: ExtentMap, onto object: ObjectVersion) -> ExtentMap {
        precondition(snapshot.size == object.size, "the object is the snapshot")
        var result = ExtentMap(base: object)
        result.truncate(to: size)
        for extent in index {
            for piece in snapshot.changes(to: extent) { result.put([Extent(piece.range, piece.origin)]) }
        }
        return result
    }

    /// The pieces of `extent` that differ from what this map has there.
    private func changes(to extent: Extent) -> [Extent] {
        var changed: [Extent] = []
        for old in extents(in: extent.range) {
            guard let mine = extent.clamped(to: old.range), mine.origin != old.origin else { continue }
            changed.append(mine)
        }
        let tail = ByteRange(offset: max(size, extent.range.offset), count: max(0, extent.range.end - max(size, extent.range.offset)))
        if let rest = tail.isEmpty ? nil : extent.clamped(to: tail) { changed.append(rest) }
        return changed
    }

    /// The ranges of staging that `range` of the file refers to.
    package func stagedRanges(in range: ByteRange) -> [ByteRange] {
        extents(in: range).compactMap { extent in
            guard case .local(let offset) = extent.origin else { return nil }
            return ByteRange(offset: offset, count: extent.range.count)
        }
    }

    /// Where `range` lies in staging, if it does in one piece that no part of an upload has or is about to have.
    package func stagedOffset(of range: ByteRange) -> Int64? {
        let found = extents(in: range)
        guard found.count == 1, found[0].range == range, found[0].place == nil, case .local(let offset) = found[0].origin else { return nil }
        return offset
    }

    /// Whether some of `range` is only in a part of the running upload, so that it can neither be read nor changed before that has ended.
    package func isOnlyInPart(_ range: ByteRange) -> Bool {
        extents(in: range).contains { $0.origin == .partOnly }
    }

    /// The body of a part that is to hold `range`.
    package func body(of range: ByteRange, _ costs: CostModel = CostModel()) throws(BytesOnlyInPart) -> Body {
        try Body(extents(in: range), costs)
    }
}

extension ExtentMap {
    /// The same content as that of a new file.
    package var withoutBase: ExtentMap {
        var result = self
        result.base = nil
        return result
    }

    /// What was added behind `offset`, behind `object` instead: others have made it longer. Nil when more was changed than was added.
    package func movingTail(from offset: Int64, onto object: ObjectVersion) -> ExtentMap? {
        let front = extents(in: ByteRange(offset: 0, count: offset))
        guard size > offset, front.allSatisfy({ $0.isUnchanged(from: base) }) else { return nil }
        var result = ExtentMap(base: object)
        let distance = object.size - offset
        for extent in extents(in: ByteRange(offset: offset, count: size - offset)) {
            guard extent.origin != .partOnly else { return nil }
            result.put([Extent(ByteRange(offset: extent.range.offset + distance, count: extent.range.count), extent.origin)])
        }
        return result
    }

    /// The object that will be replaced is another one. The map has none of the bytes of either.
    package mutating func replaceBase(_ version: ObjectVersion?) {
        precondition(!sources.contains { $0 == base }, "the content does not come from the object that it replaces")
        base = version
    }
}
