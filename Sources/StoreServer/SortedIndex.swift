import Glibc
package import ObjectStorage

/// Values in the byte order of their keys, in chunks of bounded size: insertion and lookup cost two binary searches and one short move.
package struct SortedIndex<Value> {
    fileprivate struct Chunk {
        var keys: [Key]
        var values: [Value]
    }

    private var chunks: [Chunk] = []
    package private(set) var count = 0
    private static var largestChunk: Int { 512 }

    package init() {}

    /// Where an entry is; valid until the next change.
    package struct Position: Hashable, Comparable {
        fileprivate var chunk: Int
        fileprivate var offset: Int

        package static func < (left: Position, right: Position) -> Bool {
            (left.chunk, left.offset) < (right.chunk, right.offset)
        }
    }

    package var end: Position { Position(chunk: chunks.count, offset: 0) }

    package subscript(_ position: Position) -> (key: Key, value: Value) {
        (chunks[position.chunk].keys[position.offset], chunks[position.chunk].values[position.offset])
    }

    package subscript(_ key: Key) -> Value? {
        let position = firstPosition(notBefore: key)
        guard position != end, chunks[position.chunk].keys[position.offset] == key else { return nil }
        return chunks[position.chunk].values[position.offset]
    }

    /// The first entry whose key is `key` or comes after it.
    package func firstPosition(notBefore key: Key) -> Position {
        let chunk = partition(chunks.count) { chunks[$0].keys[chunks[$0].keys.count - 1].precedes(key) }
        guard chunk < chunks.count else { return end }
        return Position(chunk: chunk, offset: partition(chunks[chunk].keys.count) { chunks[chunk].keys[$0].precedes(key) })
    }

    package func position(after position: Position) -> Position {
        if position.offset + 1 < chunks[position.chunk].keys.count { return Position(chunk: position.chunk, offset: position.offset + 1) }
        return Position(chunk: position.chunk + 1, offset: 0)
    }

    /// The value that was there before.
    @discardableResult
    package mutating func set(_ key: Key, _ value: Value) -> Value? {
        var position = firstPosition(notBefore: key)
        if position != end, chunks[position.chunk].keys[position.offset] == key {
            let old = chunks[position.chunk].values[position.offset]
            chunks[position.chunk].values[position.offset] = value
            return old
        }
        if position == end {
            if chunks.isEmpty { chunks.append(Chunk(keys: [], values: [])) }
            position = Position(chunk: chunks.count - 1, offset: chunks[chunks.count - 1].keys.count)
        }
        chunks[position.chunk].keys.insert(key, at: position.offset)
        chunks[position.chunk].values.insert(value, at: position.offset)
        count += 1
        if chunks[position.chunk].keys.count > Self.largestChunk { split(position.chunk) }
        return nil
    }

    private mutating func split(_ index: Int) {
        let half = chunks[index].keys.count / 2
        let upper = Chunk(keys: Array(chunks[index].keys[half...]), values: Array(chunks[index].values[half...]))
        chunks[index].keys.removeSubrange(half...)
        chunks[index].values.removeSubrange(half...)
        chunks.insert(upper, at: index + 1)
    }

    /// The value that was there.
    @discardableResult
    package mutating func remove(_ key: Key) -> Value? {
        let position = firstPosition(notBefore: key)
        guard position != end, chunks[position.chunk].keys[position.offset] == key else { return nil }
        chunks[position.chunk].keys.remove(at: position.offset)
        let value = chunks[position.chunk].values.remove(at: position.offset)
        if chunks[position.chunk].keys.isEmpty { chunks.remove(at: position.chunk) }
        count -= 1
        return value
    }

    /// The first of `0 ..< count` for which `isBefore` is false.
    private func partition(_ count: Int, _ isBefore: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension SortedIndex: Sendable where Value: Sendable {}
extension SortedIndex.Chunk: Sendable where Value: Sendable {}

extension Key {
    /// Byte order, compared a word at a time.
    func precedes(_ other: Key) -> Bool {
        let shorter = min(bytes.count, other.bytes.count)
        let order = unsafe bytes.withUnsafeBytes { left in
            unsafe other.bytes.withUnsafeBytes { right -> Int32 in
                guard let left = left.baseAddress, let right = right.baseAddress else { return 0 }
                return unsafe memcmp(left, right, shorter)
            }
        }
        return order == 0 ? bytes.count < other.bytes.count : order < 0
    }

    func hasPrefix(_ prefix: Key) -> Bool { bytes.starts(with: prefix.bytes) }

    /// The first key after all that begin with this one, nil where there is none.
    var afterPrefix: Key? {
        var end = bytes
        while let last = end.popLast() {
            if last < 255 { return Key(end + [last + 1]) }
        }
        return nil
    }

    /// The next key in byte order.
    var next: Key { Key(bytes + [0]) }
}
