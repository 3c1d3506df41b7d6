internal import FileSystemTypes

/// Names in the order of a listing, each as what it does not share with the one before: a directory that is open keeps all it has given out.
struct PackedNames: Sendable {
    /// How much of the name before is shared, how long the rest is, what it is, and the rest.
    private var bytes: [UInt8] = []
    private var last: [UInt8] = []
    private(set) var count = 0

    private static let isFolder: UInt8 = 1
    private static let mayBeSpecial: UInt8 = 2

    /// What they take, in bytes.
    var size: Int { bytes.capacity + Self.overhead }
    private static let overhead = 96

    init(_ items: some Sequence<DirectoryItem>) {
        for item in items { add(item) }
        last = []
    }

    private mutating func add(_ item: DirectoryItem) {
        let name = item.name.bytes
        var shared = 0
        while shared < min(name.count, last.count), name[shared] == last[shared] { shared += 1 }
        bytes.append(UInt8(shared))
        bytes.append(UInt8(name.count - shared))
        bytes.append((item.kind == .directory ? Self.isFolder : 0) | (item.mayBeSpecial ? Self.mayBeSpecial : 0))
        bytes += name[shared...]
        last = name
        count += 1
    }

    func unpacked() -> [DirectoryItem] {
        var items: [DirectoryItem] = []
        items.reserveCapacity(count)
        var name: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let (shared, rest, flags) = (Int(bytes[position]), Int(bytes[position + 1]), bytes[position + 2])
            name.removeSubrange(shared...)
            name += bytes[position + 3..<position + 3 + rest]
            position += 3 + rest
            guard let item = FileName(name) else { continue }
            let kind: FileKind = flags & Self.isFolder != 0 ? .directory : .regular
            items.append(DirectoryItem(name: item, kind: kind, mayBeSpecial: flags & Self.mayBeSpecial != 0))
        }
        return items
    }
}
