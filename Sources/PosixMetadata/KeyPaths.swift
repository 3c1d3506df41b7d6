package import FileSystemTypes
package import ObjectStorage

/// Which path below the mount belongs to which key of the bucket: each key has one path, each path leads back to its key.
///
/// Names are bytes; those that are not UTF-8 are spelt as they are. What cannot be a name has an escaped one: docs/NAMES.md.
package struct KeyPaths: Hashable, Sendable {
    /// The top of the mount.
    package let root: FolderKey
    /// The longest key that the store takes, in bytes.
    package let maximumKeyBytes: Int

    package init(prefix: Key = "", maximumKeyBytes: Int = 1024) {
        root = FolderKey(prefix: prefix)
        self.maximumKeyBytes = maximumKeyBytes
    }

    /// What `name` can be in `folder`. Throws ENAMETOOLONG where the key would be longer than the store takes.
    package func target(of name: FileName, in folder: FolderKey) throws(Errno) -> NameTarget {
        guard name.bytes.count <= FileName.maximumBytes else { throw .nameTooLong }
        guard EscapedName.isMarked(name.bytes) else { return try entry(name.bytes, named: name, in: folder) }
        guard let escaped = EscapedName(name) else { return .nothing }
        switch escaped.kind {
        case .name: return try entry(escaped.bytes, named: name, in: folder)
        case .file: return try object(escaped.bytes, named: name, in: folder)
        case .more: return try continuation(escaped.bytes, named: name, in: folder)
        }
    }

    private func entry(_ rest: [UInt8], named name: FileName, in folder: FolderKey) throws(Errno) -> NameTarget {
        guard isSpelt(rest, name, in: folder, besideFolder: false) else { return .nothing }
        let object = try key(folder, rest)
        let below = Key(object.bytes + [slash])
        return .entry(
            EntryKeys(
                object: object.bytes.isEmpty ? nil : object,
                folder: below.bytes.count <= maximumKeyBytes ? FolderKey(prefix: below) : nil,
                objectIsMarker: object == folder.marker))
    }

    private func object(_ rest: [UInt8], named name: FileName, in folder: FolderKey) throws(Errno) -> NameTarget {
        guard isSpelt(rest, name, in: folder, besideFolder: true) else { return .nothing }
        let key = try key(folder, rest)
        return key.bytes.isEmpty ? .nothing : .object(key, isMarker: key == folder.marker)
    }

    private func continuation(_ chunk: [UInt8], named name: FileName, in folder: FolderKey) throws(Errno) -> NameTarget {
        let component = Array(folder.open) + chunk
        var start = 0
        while start < folder.openBytes { start = ComponentSpelling.chunkEnd(component[start...]) }
        guard start == folder.openBytes, name.bytes.count >= ComponentSpelling.shortestChunk else { return .nothing }
        guard ComponentSpelling.chunkEnd(chunk[...]) == chunk.count else { return .nothing }
        // What goes on has at least one byte more.
        let prefix = try key(folder, chunk)
        guard prefix.bytes.count < maximumKeyBytes else { throw .nameTooLong }
        return .continuation(FolderKey(prefix: prefix, openBytes: component.count))
    }

    /// Whether a component that ends in `rest` would be spelt just so here.
    private func isSpelt(_ rest: [UInt8], _ name: FileName, in folder: FolderKey, besideFolder: Bool) -> Bool {
        let piece = ComponentSpelling(Array(folder.open) + rest, besideFolder: besideFolder).piece(at: folder.openBytes)
        return piece.map { $0.isLast && $0.name == name } ?? false
    }

    private func key(_ folder: FolderKey, _ rest: [UInt8]) throws(Errno) -> Key {
        let bytes = folder.prefix.bytes + rest
        guard bytes.count <= maximumKeyBytes else { throw .nameTooLong }
        return Key(bytes)
    }
}

extension KeyPaths {
    /// What a path means, names from the top of the mount on. Throws ENAMETOOLONG like `target`.
    package func target(of path: some Collection<FileName>) throws(Errno) -> NameTarget {
        var target = NameTarget.entry(EntryKeys(object: nil, folder: root, objectIsMarker: false))
        for name in path {
            switch target {
            case .entry(let keys):
                guard let folder = keys.folder else { throw .nameTooLong }
                target = try self.target(of: name, in: folder)
            case .continuation(let folder): target = try self.target(of: name, in: folder)
            case .object, .nothing: return .nothing
            }
        }
        return target
    }

    /// The path of an object; nil for a key that is not below the mount.
    ///
    /// - Parameter besideFolder: some key begins with this one and a `/`.
    package func path(ofObject key: Key, besideFolder: Bool) -> [FileName]? {
        guard key.bytes.starts(with: root.prefix.bytes) else { return nil }
        let components = key.bytes.dropFirst(root.prefix.bytes.count).split(separator: slash, omittingEmptySubsequences: false)
        var path: [FileName] = []
        for (index, component) in components.enumerated() {
            let isLast = index == components.count - 1
            path += ComponentSpelling(Array(component), besideFolder: isLast && besideFolder).pieces.map(\.name)
        }
        return path
    }

    /// The path of a folder; nil for one that is not below the mount. Empty for the mount itself.
    package func path(of folder: FolderKey) -> [FileName]? {
        guard folder != root else { return [] }
        if let marker = folder.marker { return path(ofObject: Key(Array(marker.bytes.dropLast())), besideFolder: false) }
        guard folder.isContinuation, let parent = path(of: FolderKey(prefix: Key(Array(folder.prefix.bytes.dropLast(folder.openBytes))))) else {
            return nil
        }
        var path = parent
        var rest = folder.open
        while !rest.isEmpty {
            let end = ComponentSpelling.chunkEnd(rest)
            path.append(EscapedName.name(.more, rest[..<end]))
            rest = rest[end...]
        }
        return path
    }
}
