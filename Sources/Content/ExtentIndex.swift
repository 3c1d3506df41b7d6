import FileSystemTypes

/// The extents of a file in order, in chunks, so that finding one takes O(log n) and an edit moves one chunk and not all of them.
///
/// They tile [0, end): the first begins at 0, each begins where the one before ends, and none is empty.
struct ExtentIndex: Hashable, Sendable {
    /// A chunk is split beyond so many extents, and joined with its neighbour when both together have less than half.
    static let largestChunk = 128

    /// An extent of the index, or the place after the last.
    struct Position: Hashable, Comparable {
        var chunk: Int
        var item: Int

        static func < (left: Position, right: Position) -> Bool {
            (left.chunk, left.item) < (right.chunk, right.item)
        }
    }

    private(set) var chunks: [[Extent]] = []
    private(set) var count = 0
    /// Of the extents that lie in staging, in bytes.
    private(set) var localCount: Int64 = 0

    var end: Position { Position(chunk: chunks.count, item: 0) }

    subscript(position: Position) -> Extent { chunks[position.chunk][position.item] }

    func after(_ position: Position) -> Position {
        position.item + 1 < chunks[position.chunk].count
            ? Position(chunk: position.chunk, item: position.item + 1) : Position(chunk: position.chunk + 1, item: 0)
    }

    /// Nil before the first.
    func before(_ position: Position) -> Position? {
        if position.item > 0 { return Position(chunk: position.chunk, item: position.item - 1) }
        guard position.chunk > 0 else { return nil }
        return Position(chunk: position.chunk - 1, item: chunks[position.chunk - 1].count - 1)
    }

    /// The extent that holds the byte at `offset`, `end` past the last. O(log n).
    func position(of offset: Int64) -> Position {
        let chunk = Self.count(in: chunks) { $0[0].range.offset <= offset } - 1
        guard chunk >= 0 else { return end }
        let item = Self.count(in: chunks[chunk]) { $0.range.offset <= offset } - 1
        guard chunks[chunk][item].range.end > offset else { return end }
        return Position(chunk: chunk, item: item)
    }

    /// How many elements at the beginning of a sorted array fulfil `condition`.
    private static func count<Element>(in array: [Element], _ condition: (Element) -> Bool) -> Int {
        var low = 0
        var high = array.count
        while low < high {
            let middle = (low + high) / 2
            if condition(array[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Puts `extents` in the place of those from `first` up to `last`, without it. O(chunk + chunks + extents that go and come).
    mutating func replace(from first: Position, upTo last: Position, with extents: [Extent]) {
        account(removing: first, upTo: last, adding: extents)
        if first.chunk == last.chunk, first.chunk < chunks.count {
            chunks[first.chunk].replaceSubrange(first.item..<last.item, with: extents)
            settle(first.chunk)
            return
        }
        guard first < end else { return append(extents) }
        chunks[first.chunk].replaceSubrange(first.item..., with: extents)
        if last.chunk < chunks.count { chunks[last.chunk].removeFirst(last.item) }
        chunks.removeSubrange(first.chunk + 1..<last.chunk)
        settle(first.chunk)
    }

    private mutating func append(_ extents: [Extent]) {
        if chunks.isEmpty {
            guard !extents.isEmpty else { return }
            chunks.append(extents)
        } else {
            chunks[chunks.count - 1].append(contentsOf: extents)
        }
        settle(chunks.count - 1)
    }

    private mutating func account(removing first: Position, upTo last: Position, adding extents: [Extent]) {
        var position = first
        while position < last {
            localCount -= self[position].localCount
            count -= 1
            position = after(position)
        }
        for extent in extents { localCount += extent.localCount }
        count += extents.count
    }

    /// Brings a chunk and what follows it back to a fair size.
    private mutating func settle(_ chunk: Int) {
        if chunks[chunk].count > Self.largestChunk { return split(chunk) }
        if chunks[chunk].isEmpty {
            chunks.remove(at: chunk)
        } else if chunk + 1 < chunks.count, chunks[chunk].count + chunks[chunk + 1].count < Self.largestChunk / 2 {
            chunks[chunk].append(contentsOf: chunks.remove(at: chunk + 1))
        }
    }

    private mutating func split(_ chunk: Int) {
        let all = chunks[chunk]
        let half = Self.largestChunk / 2
        let pieces = stride(from: 0, to: all.count, by: half).map { Array(all[$0..<Swift.min($0 + half, all.count)]) }
        chunks.replaceSubrange(chunk...chunk, with: pieces)
    }
}

extension ExtentIndex: Sequence {
    func makeIterator() -> FlattenSequence<[[Extent]]>.Iterator {
        chunks.joined().makeIterator()
    }

    var underestimatedCount: Int { count }

    /// By extents: chunks may be cut differently.
    static func == (left: ExtentIndex, right: ExtentIndex) -> Bool {
        left.count == right.count && left.elementsEqual(right)
    }

    func hash(into hasher: inout Hasher) {
        for extent in self { hasher.combine(extent) }
    }
}
