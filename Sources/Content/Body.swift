package import FileSystemTypes

/// A run of bytes of a request's body.
package enum Piece: Hashable, Sendable {
    /// From staging.
    case local(offset: Int64, count: Int64)
    case zeros(count: Int64)
    /// To be fetched, by one of the body's fetches.
    case remote(ObjectVersion, ByteRange)

    /// In bytes.
    package var count: Int64 {
        switch self {
        case .local(_, let count), .zeros(let count): count
        case .remote(_, let range): range.count
        }
    }

    /// Fails for bytes that can be read nowhere.
    init(_ extent: Extent) throws(BytesOnlyInPart) {
        switch extent.origin {
        case .hole: self = .zeros(count: extent.range.count)
        case .local(let offset): self = .local(offset: offset, count: extent.range.count)
        case .remote(let source, let offset): self = .remote(source, ByteRange(offset: offset, count: extent.range.count))
        case .partOnly: throw BytesOnlyInPart(range: extent.range)
        }
    }
}

/// One GET: a range of one version.
package struct Fetch: Hashable, Sendable {
    package var source: ObjectVersion
    package var range: ByteRange

    package init(source: ObjectVersion, range: ByteRange) {
        self.source = source
        self.range = range
    }
}

/// The body of a PUT, an append, a part or a change in place.
package struct Body: Hashable, Sendable {
    /// In the order in which they are sent.
    package private(set) var pieces: [Piece] = []
    /// What to get before: each remote piece lies within one of them. Pieces close to each other share a request, which then carries
    /// bytes that nobody needs.
    package private(set) var fetches: [Fetch] = []
    /// In bytes.
    package private(set) var count: Int64 = 0

    package init() {}

    /// `extents` follow each other. A gap between two remote pieces is fetched along with them where its bytes cost less than a request.
    init(_ extents: some Sequence<Extent>, _ costs: CostModel) throws(BytesOnlyInPart) {
        for extent in extents { append(try Piece(extent), costs) }
    }

    mutating func append(_ piece: Piece, _ costs: CostModel) {
        guard piece.count > 0 else { return }
        count += piece.count
        switch (pieces.last, piece) {
        case (.zeros(let before), .zeros(let count)): pieces[pieces.count - 1] = .zeros(count: before + count)
        case (.local(let offset, let before), .local(let next, let count)) where next == offset + before:
            pieces[pieces.count - 1] = .local(offset: offset, count: before + count)
        default: pieces.append(piece)
        }
        if case .remote(let source, let range) = piece { fetch(source, range, costs) }
    }

    private mutating func fetch(_ source: ObjectVersion, _ range: ByteRange, _ costs: CostModel) {
        if let last = fetches.last, last.source == source, range.offset >= last.range.offset {
            let gap = range.offset - last.range.end
            if gap <= 0 || costs.down(gap) <= costs.request {
                let end = max(last.range.end, range.end)
                fetches[fetches.count - 1].range = ByteRange(offset: last.range.offset, count: end - last.range.offset)
                return
            }
        }
        fetches.append(Fetch(source: source, range: range))
    }

    /// Bytes that come down for it.
    package var fetchedCount: Int64 { fetches.reduce(0) { $0 + $1.range.count } }

    var cost: PlanCost { PlanCost(requests: fetches.count, up: count, down: fetchedCount) }
}
