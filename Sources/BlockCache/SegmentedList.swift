import FileSystemTypes

/// Blocks in two lists, each from the newest to the oldest: those seen once (`probation`), and those asked for again later (`protected`).
///
/// A scan of many files passes through the first list only. A pure value; each call is O(1) amortised.
struct SegmentedList {
    private struct Node {
        var id: BlockID
        var bytes: Bytes
        var previous: Int32
        var next: Int32
        var isProtected: Bool
        /// How many blocks had come when it came, or was last returned to.
        var number: UInt64
    }

    /// A block asked for again before so many others came is still being read for the first time, in pieces.
    static let sameVisit: UInt64 = 8
    /// No more than this part of the bytes is protected, in eighths.
    static let protectedEighths = 6

    private static let none: Int32 = -1
    private var places: [BlockID: Int32] = [:]
    private var nodes: [Node] = []
    private var free: [Int32] = []
    private var first = [none, none]
    private var last = [none, none]
    private var count: UInt64 = 0
    private(set) var cost = 0
    private var protectedCost = 0

    /// What a block takes in memory beyond its bytes.
    static let overhead = 256

    static func cost(of bytes: Bytes) -> Int { bytes.count + overhead }

    func contains(_ id: BlockID) -> Bool { places[id] != nil }

    /// The block, and whether somebody has come back for it, rather than reading it piece by piece.
    mutating func find(_ id: BlockID) -> (bytes: Bytes, isReturn: Bool)? {
        guard let place = places[id] else { return nil }
        let node = nodes[Int(place)]
        guard count - node.number >= Self.sameVisit else { return (node.bytes, false) }
        nodes[Int(place)].number = count
        unlink(place)
        link(place, protected: true)
        demote()
        return (node.bytes, true)
    }

    /// False when it is there already.
    mutating func insert(_ id: BlockID, _ bytes: Bytes) -> Bool {
        guard places[id] == nil else { return false }
        count += 1
        let node = Node(id: id, bytes: bytes, previous: Self.none, next: Self.none, isProtected: false, number: count)
        let place: Int32
        if let reused = free.popLast() {
            place = reused
            nodes[Int(place)] = node
        } else {
            place = Int32(nodes.count)
            nodes.append(node)
        }
        places[id] = place
        cost += Self.cost(of: bytes)
        link(place, protected: false)
        return true
    }

    /// Lets the oldest block go that was seen once, else the oldest of all. Returns its cost; nil when there is none.
    mutating func removeOldest() -> Int? {
        let place = last[0] != Self.none ? last[0] : last[1]
        guard place != Self.none else { return nil }
        return remove(place)
    }

    private mutating func remove(_ place: Int32) -> Int {
        let node = nodes[Int(place)]
        unlink(place)
        places[node.id] = nil
        nodes[Int(place)].bytes = Bytes()
        free.append(place)
        let freed = Self.cost(of: node.bytes)
        cost -= freed
        return freed
    }

    /// What is too much for the protected list goes back to the other, as its newest.
    private mutating func demote() {
        while protectedCost > cost / 8 * Self.protectedEighths, last[1] != Self.none {
            let place = last[1]
            unlink(place)
            link(place, protected: false)
        }
    }

    private mutating func link(_ place: Int32, protected: Bool) {
        let list = protected ? 1 : 0
        nodes[Int(place)].isProtected = protected
        nodes[Int(place)].previous = Self.none
        nodes[Int(place)].next = first[list]
        if first[list] != Self.none { nodes[Int(first[list])].previous = place }
        first[list] = place
        if last[list] == Self.none { last[list] = place }
        if protected { protectedCost += Self.cost(of: nodes[Int(place)].bytes) }
    }

    private mutating func unlink(_ place: Int32) {
        let node = nodes[Int(place)]
        let list = node.isProtected ? 1 : 0
        if node.previous == Self.none { first[list] = node.next } else { nodes[Int(node.previous)].next = node.next }
        if node.next == Self.none { last[list] = node.previous } else { nodes[Int(node.next)].previous = node.previous }
        if node.isProtected { protectedCost -= Self.cost(of: node.bytes) }
    }
}
