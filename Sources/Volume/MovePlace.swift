internal import ObjectStorage

/// One object, or all that begin with the same prefix: what a rename moves.
struct MovePlace: Hashable, Sendable {
    /// A folder's ends in `/`.
    let key: Key

    init(_ key: Key) {
        self.key = key
    }

    var isFolder: Bool { key.bytes.last == UInt8(ascii: "/") }

    func contains(_ other: Key) -> Bool {
        isFolder ? other.bytes.starts(with: key.bytes) : other == key
    }

    /// What an object of this place is called when it is in another.
    func moved(_ key: Key, to place: MovePlace) -> Key {
        Key(place.key.bytes + key.bytes.dropFirst(self.key.bytes.count))
    }
}
