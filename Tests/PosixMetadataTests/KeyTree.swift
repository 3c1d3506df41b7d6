import FileSystemTypes
import ObjectStorage
import PosixMetadata
import TestSupport
import Testing

/// Keys in a store in memory, seen as a tree of names in the way a mount sees it: by listing folders.
struct KeyTree {
    let store: MemoryBucket
    let paths: KeyPaths
    let keys: Set<Key>
    /// Per page of a listing.
    var pageSize = 1000

    /// Keys that end in `/` are empty unless `full` has them.
    init(_ keys: Set<Key>, full: Set<Key> = [], paths: KeyPaths = KeyPaths()) async throws {
        store = MemoryStore(buckets: [BucketName("names")]).bucket(BucketName("names"))
        self.paths = paths
        self.keys = keys
        for key in keys {
            let isMarker = key.bytes.last == UInt8(ascii: "/") && !full.contains(key)
            _ = try await store.put(key, BytesSource(Bytes(isMarker ? "" : "content")), ObjectAttributes(), .always)
        }
    }

    private init(store: MemoryBucket, paths: KeyPaths, keys: Set<Key>) {
        self.store = store
        self.paths = paths
        self.keys = keys
    }

    /// A tree whose store does not have the keys that are claimed: for showing that `check` can fail.
    static func pretending(_ tree: KeyTree, keys: Set<Key>) -> KeyTree {
        KeyTree(store: tree.store, paths: tree.paths, keys: keys)
    }

    struct Walk {
        var objects: [[FileName]: ListedObject] = [:]
        var folders: [[FileName]: FolderKey] = [:]
        var markers: [[FileName]: ListedObject] = [:]
    }

    /// Everything that is found by listing folder after folder. A name that occurs twice is recorded as an issue.
    func walk() async throws -> Walk {
        var walk = Walk()
        var open: [([FileName], FolderKey)] = [([], paths.root)]
        while let (path, folder) = open.popLast() {
            var names = FolderNames(of: folder)
            var listed: [ListedName] = []
            var pager = ListPager(store, ListRequest(prefix: folder.prefix, delimiter: "/", maximumKeys: pageSize))
            while let page = try await pager.next() { listed += names.add(page) }
            listed += names.finish()
            walk.markers[path] = names.marker
            #expect(Set(listed.map(\.name)).count == listed.count, "a name occurs twice in \(folder.prefix)")
            for entry in listed {
                let below = path + [entry.name]
                switch entry.kind {
                case .object(let object): walk.objects[below] = object
                case .folder(let key), .continuation(let key):
                    walk.folders[below] = key
                    open.append((below, key))
                }
            }
        }
        return walk
    }

    /// What a look-up of the path finds, by the keys that there are: the object, or the folder.
    func lookUp(_ path: [FileName]) throws(Errno) -> (object: Key?, folder: FolderKey?) {
        switch try paths.target(of: path) {
        case .entry(let entry):
            if let folder = entry.folder, keys.contains(where: { $0.bytes.starts(with: folder.prefix.bytes) }) { return (nil, folder) }
            return (entry.object.flatMap { keys.contains($0) ? $0 : nil }, nil)
        case .object(let key, _): return (keys.contains(key) ? key : nil, nil)
        case .continuation(let folder): return (nil, folder)
        case .nothing: return (nil, nil)
        }
    }

    /// The promise: every key has exactly one path, every path leads back to its key.
    func check() async throws {
        let walk = try await walk()
        for (path, object) in walk.objects {
            let text = path.map(\.description).joined(separator: "/")
            #expect(try lookUp(path).object == object.key, "\(text) is not looked up as it was listed")
            let beside = keys.contains { $0.bytes.starts(with: object.key.bytes + Array("/".utf8)) }
            #expect(paths.path(ofObject: object.key, besideFolder: beside) == path)
        }
        for (path, folder) in walk.folders {
            #expect(try lookUp(path).folder == folder)
            #expect(paths.path(of: folder) == path)
        }
        let shown = walk.objects.values.map(\.key) + walk.markers.values.filter { $0.size == 0 }.map(\.key)
        #expect(shown.count == keys.count)
        #expect(Set(shown) == keys)
        for name in walk.objects.keys.joined() { #expect(name.bytes.count <= FileName.maximumBytes) }
    }
}

func path(_ names: String...) throws -> [FileName] {
    try names.map { try #require(FileName(Array($0.utf8))) }
}
