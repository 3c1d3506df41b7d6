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
    private static let near = 8

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

    /// How many bytes before `wanted` were read one after the other up to it: by a read of late, or by two where many take turns, since among
    /// many reads some follow each other by chance. 0 for none.
    func read(before wanted: ByteRange, by reader: ReaderID) -> Int64 {
        if let near = latest(Self.near, of: reader).first(where: { $0.end == wanted.offset }) { return near.count }
        guard let before = predecessor(of: wanted, by: reader), let first = predecessor(of: before, by: reader) else { return 0 }
        return before.count + first.count
    }

    private func predecessor(of wanted: ByteRange, by reader: ReaderID) -> ByteRange? {
        entries.first { $0.reader == reader && $0.range.end == wanted.offset }?.range
    }

    /// The distance between this read and three before it, when all are equally far from each other: the first of them the newest, or the one
    /// before where the kernel has split a read.
    func distance(to wanted: ByteRange, by reader: ReaderID) -> Int64? {
        let latest = self.latest(Self.compared, of: reader).filter { $0.count <= 2 * wanted.count && wanted.count <= 2 * $0.count }
        for before in latest.prefix(2) {
            let distance = wanted.offset - before.offset
            guard distance != 0 else { continue }
            let isRegular = (1...2).allSatisfy { step in latest.contains { $0.offset == before.offset - Int64(step) * distance } }
            if isRegular { return distance }
        }
        return nil
    }

    /// The newest first.
    private func latest(_ most: Int, of reader: ReaderID) -> [ByteRange] {
        var found: [ByteRange] = []
        for back in 1...max(1, entries.count) where !entries.isEmpty && found.count < most {
            let entry = entries[(next - back + 2 * entries.count) % entries.count]
            if entry.reader == reader { found.append(entry.range) }
        }
        return found
    }
}
