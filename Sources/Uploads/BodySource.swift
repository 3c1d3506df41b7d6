internal import Content
internal import FileSystemTypes
internal import ObjectStorage
internal import Staging

/// The bytes of a request's body from where they lie: staging, zeros, and what was fetched from objects before.
struct BodySource: ByteSource {
    private struct Stretch {
        /// In the body.
        let range: ByteRange
        /// Nil for zeros.
        let source: (any ByteSource)?
    }

    let count: Int64
    private let stretches: [Stretch]
    private static let zeros = Bytes([UInt8](repeating: 0, count: 64 << 10))

    /// `fetched` has what the body's fetches name, in their order.
    init(_ body: Body, staged: StagedFile?, fetched: [Bytes]) throws(StoreError) {
        count = body.count
        var stretches: [Stretch] = []
        var position: Int64 = 0
        for piece in body.pieces {
            let range = ByteRange(offset: position, count: piece.count)
            stretches.append(Stretch(range: range, source: try Self.source(piece, body, staged, fetched)))
            position = range.end
        }
        self.stretches = stretches
    }

    private static func source(_ piece: Piece, _ body: Body, _ staged: StagedFile?, _ fetched: [Bytes]) throws(StoreError) -> (any ByteSource)? {
        switch piece {
        case .zeros: return nil
        case .local(let offset, let count):
            guard let staged else { throw StoreError(.localFailure, "the staged bytes of the file are gone") }
            return staged.source(ByteRange(offset: offset, count: count))
        case .remote(let version, let range):
            let index = body.fetches.firstIndex { $0.source == version && $0.range.offset <= range.offset && range.end <= $0.range.end }
            guard let index, index < fetched.count else { throw StoreError(.localFailure, "\(version.key) was not fetched") }
            let start = Int(range.offset - body.fetches[index].range.offset)
            return BytesSource(fetched[index].slice(from: start, upTo: Int(range.count)))
        }
    }

    func read(at offset: Int64, upTo maximum: Int) async throws(Errno) -> Bytes {
        let stretch = stretches[index(of: offset)]
        let skipped = offset - stretch.range.offset
        let wanted = Int(min(Int64(maximum), stretch.range.count - skipped))
        guard let source = stretch.source else { return Self.zeros.slice(from: 0, upTo: wanted) }
        return try await source.read(at: skipped, upTo: wanted)
    }

    private func index(of offset: Int64) -> Int {
        var low = 0
        var high = stretches.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if stretches[middle].range.offset <= offset { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
