internal import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata

/// How the paths of this mount and keys of the bucket belong together (docs/NAMES.md), for paths that are known to be there.
struct KeySpace: Sendable {
    private let paths: KeyPaths

    init(prefix: Key, maximumKeyBytes: Int) {
        paths = KeyPaths(prefix: prefix, maximumKeyBytes: maximumKeyBytes)
    }

    /// Throws ENAMETOOLONG where the key would be longer than the store takes.
    func target(of path: [FileName]) throws(Errno) -> NameTarget {
        try paths.target(of: path)
    }

    /// The key of a file.
    func file(_ path: [FileName]) -> Key {
        switch known(path) {
        case .entry(let keys): keys.object ?? paths.root.prefix
        case .object(let key, _): key
        case .continuation(let folder): folder.prefix
        case .nothing: paths.root.prefix
        }
    }

    /// What the keys below a folder begin with. The top of a bucket has an empty one.
    func folder(_ path: [FileName]) -> Key { folderKey(path).prefix }

    func folderKey(_ path: [FileName]) -> FolderKey {
        switch known(path) {
        case .entry(let keys): keys.folder ?? FolderKey(prefix: Key((keys.object?.bytes ?? []) + [UInt8(ascii: "/")]))
        case .continuation(let folder): folder
        case .object, .nothing: paths.root
        }
    }

    /// What the keys of the folder above begin with; nil for the top, and for what is no folder of the bucket.
    func above(_ folder: FolderKey) -> Key? {
        guard folder.marker != nil, folder.prefix.bytes.count > paths.root.prefix.bytes.count else { return nil }
        let above = folder.prefix.bytes.dropLast()
        let end = above.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        return Key(Array(above[..<max(end, paths.root.prefix.bytes.count)]))
    }

    /// No folder of the bucket, but what long names go on in.
    func isContinuation(_ path: [FileName]) -> Bool {
        if case .continuation = known(path) { true } else { false }
    }

    /// The file is the content of the marker of the folder that it is in.
    func isMarker(_ path: [FileName]) -> Bool {
        switch known(path) {
        case .entry(let keys): keys.objectIsMarker
        case .object(_, let isMarker): isMarker
        case .continuation, .nothing: false
        }
    }

    /// The path of an object; nil for what is not below this mount.
    func path(of key: Key, besideFolder: Bool) -> [FileName]? {
        paths.path(ofObject: key, besideFolder: besideFolder)
    }

    /// Whether a name is, or might be, one that stands for other bytes.
    static func isEscaped(_ name: FileName) -> Bool { name.bytes.starts(with: "%@".utf8) }

    /// A path that is in the tree has a key: it was looked up, or made, by the same rules.
    private func known(_ path: [FileName]) -> NameTarget {
        (try? paths.target(of: path)) ?? .nothing
    }
}
