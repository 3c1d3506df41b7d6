import ObjectStorage

/// Keys in the byte order of listings.
struct SortedKeys: Sendable {
    private var keys: [Key] = []

    var count: Int { keys.count }
    var isEmpty: Bool { keys.isEmpty }

    subscript(position: Int) -> Key { keys[position] }

    /// Where the first key is that is not `before`; the keys for which `before` holds come first. O(log n).
    func position(_ before: (Key) -> Bool) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if before(keys[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// O(n) for the keys that move.
    mutating func insert(_ key: Key) {
        let place = position { $0 < key }
        if place == keys.count || keys[place] != key { keys.insert(key, at: place) }
    }

    mutating func remove(_ key: Key) {
        let place = position { $0 < key }
        if place < keys.count, keys[place] == key { keys.remove(at: place) }
    }
}
