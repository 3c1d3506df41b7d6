internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

/// What is being deleted or moved away. Whoever wants to know whether a folder stays without what they take out of it does not count on these.
struct Departures: Sendable {
    /// How many calls are at work on each.
    private var keys: [Key: Int] = [:]

    mutating func begin(_ key: Key) { keys[key, default: 0] += 1 }

    mutating func end(_ key: Key) {
        guard let count = keys[key] else { return }
        keys[key] = count > 1 ? count - 1 : nil
    }

    func contains(_ key: Key) -> Bool { keys[key] != nil }
}

extension Volume {
    /// Runs `body`, which takes `key` away.
    func departing<Result>(_ key: Key, _ body: () async throws(Errno) -> Result) async throws(Errno) -> Result {
        tree.withLock { $0.departures.begin(key) }
        defer { tree.withLock { $0.departures.end(key) } }
        return try await body()
    }
}

extension Tree {
    /// Whether a listing of a moment ago shows something of the store in a folder that is not being taken away.
    func staysWithoutMarker(_ folder: Inode, _ path: [FileName], _ keys: KeySpace) -> Bool {
        let now = ContinuousClock.now
        return listings[folder]?.names.contains { name, entry in
            guard now < entry.validUntil else { return false }
            if let object = entry.object { return !departures.contains(object.key) }
            return entry.kind == .directory && entry.place != nil && !departures.contains(keys.folder(path + [name]))
        } ?? false
    }
}
