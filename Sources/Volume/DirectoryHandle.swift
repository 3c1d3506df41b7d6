internal import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

/// One name that reading a directory gives.
struct DirectoryItem: Sendable {
    /// Nil for `.` and `..`.
    let name: FileName?
    let isParent: Bool
    /// Of what the store has: a folder or an object, shown as `regular`.
    let kind: FileKind
    /// An object so small that it may be a symbolic link or a special file: only its metadata tell.
    let mayBeSpecial: Bool

    init(name: FileName, kind: FileKind, mayBeSpecial: Bool = false) {
        self.name = name
        self.kind = kind
        self.mayBeSpecial = mayBeSpecial
        isParent = false
    }

    private init(isParent: Bool) {
        name = nil
        kind = .directory
        mayBeSpecial = false
        self.isParent = isParent
    }

    static let itself = DirectoryItem(isParent: false)
    static let parent = DirectoryItem(isParent: true)

    var dots: [UInt8] { Array((isParent ? ".." : ".").utf8) }
}

/// One opendir(3): what the listing has given so far. Positions stay valid while the handle is open. Used under its gate.
final class DirectoryHandle: Sendable {
    private struct State {
        var items: [DirectoryItem] = []
        var local: [DirectoryItem] = []
        var seen: Set<FileName> = []
        var pager: ListPager?
        var names: FolderNames?
        var isComplete = false
        var changes = 0
    }

    let inode: Inode
    let folder: FolderKey
    let gate = SerialGate()
    private let store: any ObjectStore
    private let state = Mutex(State())

    init(inode: Inode, folder: FolderKey, store: any ObjectStore) {
        self.inode = inode
        self.folder = folder
        self.store = store
    }

    var isComplete: Bool { state.withLock { $0.isComplete } }
    var count: Int { state.withLock { $0.items.count } }
    /// How often the folder had been changed here when the listing began.
    var changes: Int { state.withLock { $0.changes } }

    /// rewinddir(3): begins a new listing; `local` are the names that the store does not have.
    func restart(local: [DirectoryItem], changes: Int) {
        state.withLock { state in
            state = State()
            state.items = [.itself, .parent]
            state.local = local
            state.changes = changes
            state.pager = ListPager(store, ListRequest(prefix: folder.prefix, delimiter: "/"))
            state.names = FolderNames(of: folder)
        }
    }

    func nextPage() async throws(StoreError) -> ListPage? {
        var pager = state.withLock { $0.pager }
        defer { state.withLock { $0.pager = pager } }
        return try await pager?.next()
    }

    /// Takes up a page, nil after the last.
    func take(_ page: ListPage?) {
        state.withLock { state in
            guard let page else {
                for listed in state.names?.finish() ?? [] { add(listed, &state) }
                state.items += state.local.filter { $0.name.map { !state.seen.contains($0) } ?? false }
                state.isComplete = true
                return
            }
            for listed in state.names?.add(Self.sorted(page)) ?? [] { add(listed, &state) }
        }
    }

    /// Some stores list in an order of their own.
    private static func sorted(_ page: ListPage) -> ListPage {
        var page = page
        page.objects.sort { $0.key < $1.key }
        page.commonPrefixes.sort()
        return page
    }

    func items(from start: Int, limit: Int) -> [(Int, DirectoryItem)] {
        state.withLock { state in
            guard start < state.items.count else { return [] }
            let end = min(state.items.count, start + max(1, limit))
            return (start..<end).map { ($0, state.items[$0]) }
        }
    }

    /// What a complete listing showed, if the folder is small enough to be remembered.
    func listing(ttl: Duration) -> FolderListing? {
        state.withLock { state in
            guard state.isComplete, state.items.count <= FolderListing.maximumNames else { return nil }
            let names = state.items.compactMap { item in item.name.map { ($0, item.kind) } }
            return FolderListing(names: Dictionary(names, uniquingKeysWith: { first, _ in first }), validUntil: .now + ttl)
        }
    }

    private func add(_ listed: ListedName, _ state: inout State) {
        guard state.seen.insert(listed.name).inserted else { return }
        let item =
            switch listed.kind {
            case .object(let object):
                DirectoryItem(name: listed.name, kind: .regular, mayBeSpecial: object.size <= LinkTarget.maximumBytes)
            case .folder, .continuation: DirectoryItem(name: listed.name, kind: .directory)
            }
        state.items.append(item)
    }
}
