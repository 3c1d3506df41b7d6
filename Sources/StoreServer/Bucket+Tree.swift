import ObjectStorage

extension Key {
    var isFolder: Bool { bytes.last == UInt8(ascii: "/") }

    /// The folders above, the nearest first: `a/b/` and `a/` for `a/b/c` and for `a/b/c/`.
    var parents: [Key] {
        var result: [Key] = []
        var end = bytes.count - 1
        while end > 0 {
            if bytes[end - 1] == UInt8(ascii: "/") { result.append(Key(Array(bytes[..<end]))) }
            end -= 1
        }
        return result
    }

    /// Whether it can be a path: no empty component, none that points elsewhere.
    fileprivate var isPath: Bool {
        var parts = description.split(separator: "/", omittingEmptySubsequences: false)
        if isFolder { parts.removeLast() }
        return !parts.isEmpty && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }
}

/// A bucket as a file system. All of this is called with `editing` held.
extension Bucket {
    static let fileSystemSetting = "file-system"

    var isFileSystem: Bool { settings[Self.fileSystemSetting] != nil }

    /// Whether there can be something of that name: its components are names, none of them is a file, and it is not the name of the other kind.
    func checkPath(_ key: Key) throws(ServiceError) {
        guard key.isPath else { throw .invalidArgument("The key is no path of a file system") }
        for parent in key.parents where object(Key(Array(parent.bytes.dropLast()))) != nil { throw .fileSystemConflict }
        let other = key.isFolder ? Key(Array(key.bytes.dropLast())) : Key(key.bytes + [UInt8(ascii: "/")])
        guard object(other) == nil else { throw .fileSystemConflict }
    }

    /// Makes the folders above that are not there yet.
    func makeParents(of manifest: Manifest) throws {
        for parent in manifest.key.parents where object(parent) == nil {
            var folder = Manifest(
                key: parent, generation: manifest.generation, size: 0, etag: "d41d8cd98f00b204e9800998ecf8427e", modified: manifest.modified,
                attributes: manifest.attributes, content: .segments([]))
            folder.attributes.headers = []
            folder.attributes.metadata = []
            _ = try place(folder, .none)
        }
    }

    /// A folder goes only when nothing is below it.
    func checkIsEmpty(_ key: Key) throws(ServiceError) {
        guard key.isFolder else { return }
        let below = page(ListingQuery(prefix: key, delimiter: [], after: key, maximum: 1))
        guard below.entries.isEmpty else { throw .directoryNotEmpty }
    }

    func rename(_ source: Key, to target: Key, _ generations: Generations) throws {
        guard let object = object(source) else { throw ServiceError.noSuchKey }
        if source.isFolder, target.bytes.starts(with: source.bytes) { throw ServiceError.invalidArgument("A folder cannot be moved into itself") }
        guard self.object(target) == nil else { throw ServiceError.renameConflict }
        try checkPath(target)
        var moved = [object]
        if source.isFolder {
            let below = page(ListingQuery(prefix: source, delimiter: [], after: source, maximum: .max))
            for case .value(_, let object) in below.entries { moved.append(object) }
        }
        var pairs: [(old: StoredObject, new: Manifest)] = []
        for object in moved {
            var manifest = object.manifest
            manifest.key = Key(target.bytes + manifest.key.bytes.dropFirst(source.bytes.count))
            guard manifest.key.bytes.count <= 1024 else { throw ServiceError.keyTooLong }
            manifest.generation = generations.next()
            pairs.append((object, manifest))
        }
        try makeParents(of: pairs[0].new)
        try move(pairs)
    }
}
