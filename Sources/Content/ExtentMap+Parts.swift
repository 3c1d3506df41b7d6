package import FileSystemTypes
package import ObjectStorage

/// What the running multipart upload holds of the file.
///
/// A part goes through `beginPart`, when its body is about to be read, and `confirmPart`, when the store has it. An edit in between takes
/// the note off the bytes it changes, so a part that was overtaken by a write is never taken for whole.
extension ExtentMap {
    /// The bytes of `range` are about to be sent as part `number`, in the place of what that part was before. O(n).
    package mutating func beginPart(_ number: Int, _ range: ByteRange) {
        precondition(range.end <= size && !range.isEmpty, "a part lies within the file")
        for extent in index where extent.place?.part.number == number { forgetPart(number, extent.range) }
        let part = SentPart(number: number, size: range.count, etag: nil)
        note(range) { extent in PartPlace(part: part, offset: extent.range.offset - range.offset) }
    }

    /// The store has part `number`, which was begun with `range`. Gives whether the part is still whole: what was edited meanwhile stays changed.
    @discardableResult
    package mutating func confirmPart(_ number: Int, _ range: ByteRange, etag: ETag) -> Bool {
        let expected = SentPart(number: number, size: range.count, etag: nil)
        let whole = isWhole(expected, range)
        note(range) { extent in
            guard var place = extent.place, place.part == expected else { return extent.place }
            place.part.etag = etag
            return place
        }
        return whole
    }

    private func isWhole(_ part: SentPart, _ range: ByteRange) -> Bool {
        let extents = extents(in: range)
        return extents.last?.range.end == range.end
            && extents.allSatisfy { $0.place == PartPlace(part: part, offset: $0.range.offset - range.offset) }
    }

    /// Part `number` did not reach the store.
    package mutating func forgetPart(_ number: Int, _ range: ByteRange) {
        note(range) { extent in extent.place?.part.number == number ? nil : extent.place }
    }

    /// There is no upload any more. Fails, and changes nothing, where a part held the only copy of bytes. O(n).
    package mutating func forgetParts() throws(BytesOnlyInPart) {
        for extent in index where extent.origin == .partOnly { throw BytesOnlyInPart(range: extent.range) }
        note(ByteRange(offset: 0, count: size)) { _ in nil }
    }

    private mutating func note(_ range: ByteRange, _ place: (Extent) -> PartPlace?) {
        put(Self.joined(extents(in: range).map { Extent($0.range, $0.origin, place: $0.origin == .partOnly ? $0.place : place($0)) }))
    }

    /// Lets go of bytes in staging that a confirmed part of the upload holds, and gives where in staging they were.
    ///
    /// They cannot be read afterwards until the upload is complete, and a plan that must send them again fails: only for streams that
    /// have no room for them.
    package mutating func releaseSent(in range: ByteRange) -> [ByteRange] {
        var released: [ByteRange] = []
        let extents = extents(in: range).map { extent in
            guard case .local(let offset) = extent.origin, extent.place?.part.etag != nil else { return extent }
            released.append(ByteRange(offset: offset, count: extent.range.count))
            return Extent(extent.range, .partOnly, place: extent.place)
        }
        put(Self.joined(extents))
        return released
    }

    /// The confirmed parts of which every byte is still the file's, in the order of the file.
    package var wholeParts: [PlacedPart] {
        var result: [PlacedPart] = []
        var run: PlacedPart?
        for extent in index {
            guard let place = extent.place, place.part.etag != nil else {
                run = nil
                continue
            }
            if place.offset == 0 {
                run = PlacedPart(part: place.part, range: extent.range)
            } else if let begun = run, begun.part == place.part, begun.range.count == place.offset {
                run = PlacedPart(part: place.part, range: ByteRange(offset: begun.range.offset, count: place.offset + extent.range.count))
            } else {
                run = nil
            }
            if let found = run, found.range.count == found.part.size {
                result.append(found)
                run = nil
            }
        }
        return result
    }
}

/// A part of the running upload, and which bytes of the file it holds.
package struct PlacedPart: Hashable, Sendable {
    package var part: SentPart
    package var range: ByteRange

    package init(part: SentPart, range: ByteRange) {
        self.part = part
        self.range = range
    }
}
