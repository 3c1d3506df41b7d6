package import FileSystemTypes
package import ObjectStorage

/// Where bytes of a file can be read.
package enum Origin: Hashable, Sendable {
    /// Zeros, stored nowhere.
    case hole
    /// From `offset` of an object on.
    case remote(ObjectVersion, offset: Int64)
    /// From `offset` of the file's staging file on.
    case local(offset: Int64)
    /// Nowhere: staging let go of them, and only a part of the running upload holds them. A store gives nothing out of a part, so they can
    /// neither be read nor sent again, only stay where they are.
    case partOnly

    package var isHole: Bool { self == .hole }

    /// Where the bytes lie that begin `distance` further on.
    package func advanced(by distance: Int64) -> Origin {
        switch self {
        case .hole, .partOnly: self
        case .remote(let source, let offset): .remote(source, offset: offset + distance)
        case .local(let offset): .local(offset: offset + distance)
        }
    }
}

/// A part of the running multipart upload.
package struct SentPart: Hashable, Sendable {
    package var number: Int
    /// In bytes.
    package var size: Int64
    /// Nil until the store has answered: the part is on its way.
    package var etag: ETag?

    package init(number: Int, size: Int64, etag: ETag?) {
        self.number = number
        self.size = size
        self.etag = etag
    }
}

/// Which bytes of a part are those of an extent.
package struct PartPlace: Hashable, Sendable {
    package var part: SentPart
    /// In the part.
    package var offset: Int64

    package init(part: SentPart, offset: Int64) {
        self.part = part
        self.offset = offset
    }

    func advanced(by distance: Int64) -> PartPlace {
        PartPlace(part: part, offset: offset + distance)
    }
}

/// A range of a file whose bytes lie in one place.
///
/// What a part of the running upload holds is noted beside the place where the same bytes can still be read: a later read
/// or another plan needs that place, and an edit of the range takes the note away together with the bytes.
package struct Extent: Hashable, Sendable {
    /// In the file; never empty.
    package var range: ByteRange
    package var origin: Origin
    /// The part of the running upload that has these bytes or is about to have them.
    package var place: PartPlace?

    package init(_ range: ByteRange, _ origin: Origin, place: PartPlace? = nil) {
        self.range = range
        self.origin = origin
        self.place = place
    }

    /// What of this extent lies within `range`; nil when nothing does.
    package func clamped(to range: ByteRange) -> Extent? {
        let start = max(self.range.offset, range.offset)
        let end = min(self.range.end, range.end)
        guard start < end else { return nil }
        let distance = start - self.range.offset
        return Extent(ByteRange(offset: start, count: end - start), origin.advanced(by: distance), place: place?.advanced(by: distance))
    }

    /// This extent and the one that follows it in the file as one, where their bytes follow each other too.
    func joined(with next: Extent) -> Extent? {
        guard next.origin == origin.advanced(by: range.count), next.place == place?.advanced(by: range.count) else { return nil }
        return Extent(ByteRange(offset: range.offset, count: range.count + next.range.count), origin, place: place)
    }

    /// Whether these bytes are those that `base` has at the same offset.
    package func isUnchanged(from base: ObjectVersion?) -> Bool {
        guard let base, case .remote(let source, let offset) = origin else { return false }
        return offset == range.offset && source == base
    }

    var localCount: Int64 {
        if case .local = origin { range.count } else { 0 }
    }
}
