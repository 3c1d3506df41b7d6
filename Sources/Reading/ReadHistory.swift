internal import FileSystemTypes

/// The last reads that belong to no stream, from which streams are recognised.
struct ReadHistory: Sendable {
    private struct Entry {
        let reader: ReaderID
        let range: ByteRange
    }

    /// So many readers of one handle may take turns and are still told apart.
    private static let capacity = 64
    /// Distances are compared within the latest few.
    private static let compared = 16

    private var entries: [Entry] = []
    private var next = 0

    mutating func remember(_ range: ByteRange, by reader: ReaderID) {
        let entry = Entry(reader: reader, range: range)
        if entries.count < Self.capacity {
            entries.append(entry)
        } else {
            entries[next] = entry
        }
        next = (next + 1) % Self.capacity
    }

    mutating func forget(_ reader: ReaderID) {
        entries.removeAll { $0.reader == reader }
        next = entries.count % Self.capacity
    }

    /// A read that `wanted` goes on from.
    func predecessor(of wanted: ByteRange, by reader: ReaderID) -> ByteRange? {
        entries.first { $0.reader == reader && $0.range.offset < wanted.offset && wanted.offset <= $0.range.end }?.range
    }

    /// The distance between this read and two before it, when all three are equally far from each other.
    func distance(to wanted: ByteRange, by reader: ReaderID) -> Int64? {
        let latest = self.latest.filter { $0.reader == reader && $0.range.count <= 2 * wanted.count && wanted.count <= 2 * $0.range.count }
        for entry in latest {
            let distance = wanted.offset - entry.range.offset
            guard distance != 0, latest.contains(where: { $0.range.offset == entry.range.offset - distance }) else { continue }
            return distance
        }
        return nil
    }

    /// The newest first.
    private var latest: [Entry] {
        let count = min(Self.compared, entries.count)
        return (1...max(1, count)).compactMap { back in
            entries.isEmpty ? nil : entries[(next - back + entries.count) % entries.count]
        }
    }
}
