internal import FileSystemTypes
internal import ObjectStorage

/// How paths below the mount and keys of the bucket belong together.
///
/// `docs/notes.txt` is the key `docs/notes.txt`, the folder `docs` the key `docs/` and whatever begins with it.
struct KeySpace: Sendable {
    let prefix: Key
    private static let slash = UInt8(ascii: "/")

    /// The key of a file.
    func file(_ path: [FileName]) -> Key {
        var bytes = prefix.bytes
        for (index, name) in path.enumerated() {
            if index > 0 { bytes.append(Self.slash) }
            bytes += name.bytes
        }
        return Key(bytes)
    }

    /// The key of a folder's marker, which is also what the keys below it begin with. The top of a bucket has an empty one.
    func folder(_ path: [FileName]) -> Key {
        path.isEmpty ? prefix : Key(file(path).bytes + [Self.slash])
    }

    /// The path of a file's key; nil for what no path can spell.
    func path(of key: Key) -> [FileName]? {
        guard key.bytes.starts(with: prefix.bytes) else { return nil }
        let names = key.bytes.dropFirst(prefix.bytes.count).split(separator: Self.slash, omittingEmptySubsequences: false).map { FileName(Array($0)) }
        let known = names.compactMap(\.self)
        return known.count == names.count ? known : nil
    }

    /// The name that a key or common prefix below `folder` has in it; nil for the marker and for what no path can spell.
    static func name(of key: Key, in folder: Key) -> FileName? {
        var rest = key.bytes.dropFirst(folder.bytes.count)
        if rest.last == slash { rest = rest.dropLast() }
        guard rest.count <= FileName.maximumBytes else { return nil }
        return FileName(Array(rest))
    }
}
