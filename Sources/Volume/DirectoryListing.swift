internal import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

/// How often a folder had been changed from here when the store was asked, and when that was: what is older must not replace what is newer.
struct FolderMoment: Hashable, Sendable {
    var changes = 0
    var stores = 0
    var asked = ContinuousClock.now
}

/// A page of a listing, with the folder's state when it was asked for.
struct FetchedPage: Sendable {
    let page: ListPage
    var moment: FolderMoment
    /// Nil where nothing follows.
    fileprivate let pager: ListPager?

    /// The whole listing of a folder.
    init(whole page: ListPage, _ moment: FolderMoment) {
        (self.page, self.moment, pager) = (page, moment, nil)
    }

    fileprivate init(_ page: ListPage, _ moment: FolderMoment, _ pager: ListPager) {
        (self.page, self.moment, self.pager) = (page.sorted, moment, pager)
    }

    /// The first page of a folder's listing; nil for a folder without any key.
    static func first(of folder: FolderKey, in store: any ObjectStore) async throws(StoreError) -> FetchedPage? {
        let moment = FolderMoment()
        var pager = ListPager(store, ListRequest(prefix: folder.prefix, delimiter: "/", withAttributes: true))
        guard let page = try await pager.next() else { return nil }
        return FetchedPage(page, moment, pager)
    }
}

extension ListPage {
    /// Some stores list in an order of their own.
    fileprivate var sorted: ListPage {
        var page = self
        page.objects.sort { $0.key < $1.key }
        page.commonPrefixes.sort()
        return page
    }
}

/// What one pass through a directory has given so far. Used under the gate of its handle.
///
/// Names are kept, packed, as they were given out: so a position stays what it was, whatever happens to the folder, and going back to it is
/// no request. What else a listing says of an object goes to the tree (`FolderListing`) and is not kept here. The next page is under way while
/// one is read.
final class DirectoryListing: Sendable {
    private struct Page {
        /// The index of the first name.
        let start: Int
        let names: PackedNames
    }

    private struct State {
        var pages: [Page] = []
        var count = 0
        /// What all pages take, in bytes.
        var packed = 0
        /// The page that was read last, by its index.
        var unpacked: (page: Int, items: [DirectoryItem])?
        var local: [FileName: FileKind] = [:]
        var pager: ListPager?
        var names: FolderNames?
        var ahead: Task<Result<FetchedPage?, StoreError>, Never>?
        /// Of the page that is asked for.
        var renames: Int?
        var isComplete = false
        /// Nobody reads on, and what it takes is not counted any more.
        var isClosed = false
        var counted = 0
        var moment = FolderMoment()
    }

    /// Which listing this is, of all of this process.
    let pass = DirectoryListing.passes.add(1, ordering: .relaxed).newValue
    private let state: Mutex<State>
    private static let passes = Atomic<UInt64>(0)

    /// `local` are the names that the store does not have; `first`: the first page, where that was fetched a moment ago.
    init(of folder: FolderKey, in store: any ObjectStore, local: [FileName: FileKind], first: FetchedPage?) {
        var state = State()
        state.local = local
        state.pager = ListPager(store, ListRequest(prefix: folder.prefix, delimiter: "/", withAttributes: true))
        state.names = FolderNames(of: folder)
        if let first { state.ahead = Task { .success(first) } }
        self.state = Mutex(state)
    }

    /// Where memory has all that a listing would show.
    init(of items: [DirectoryItem]) {
        var state = State()
        state.isComplete = true
        for start in stride(from: 0, to: items.count, by: 1000) { Self.add(items[start..<min(start + 1000, items.count)], to: &state) }
        self.state = Mutex(state)
    }

    var isComplete: Bool { state.withLock { $0.isComplete } }
    var count: Int { state.withLock { $0.count } }
    /// When the last page that was taken up had been asked for.
    var moment: FolderMoment { state.withLock { $0.moment } }
    /// How many bytes the names take more than when it was asked last; after the end they take none.
    func growth() -> Int {
        state.withLock { state in
            let size = state.isClosed ? 0 : state.packed
            defer { state.counted = size }
            return size - state.counted
        }
    }

    /// Nobody waits for the next page any more.
    func close() {
        state.withLock { state in
            state.ahead?.cancel()
            state.isClosed = true
        }
    }

    // MARK: Pages

    /// The next page, nil after the last; the one after it is asked for already. `moment` is called when a request is made. `renames`: how
    /// often renames of folders have begun or ended; a page that was asked for before that is not used.
    func nextPage(_ renames: Int, _ moment: @escaping @Sendable () -> FolderMoment) async throws(StoreError) -> FetchedPage? {
        let task = state.withLock { state in
            defer { state.ahead = nil }
            if state.renames.map({ $0 != renames }) ?? false {
                state.ahead?.cancel()
                state.ahead = nil
            }
            state.renames = renames
            return state.ahead ?? Self.fetch(state.pager, moment)
        }
        let fetched = try await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }.get()
        state.withLock { state in
            state.pager = fetched?.pager
            if let fetched, fetched.page.next != nil { state.ahead = Self.fetch(fetched.pager, moment) }
        }
        return fetched
    }

    private static func fetch(
        _ pager: ListPager?, _ moment: @escaping @Sendable () -> FolderMoment
    ) -> Task<Result<FetchedPage?, StoreError>, Never> {
        Task {
            guard var pager else { return .success(nil) }
            let moment = moment()
            do throws(StoreError) {
                guard let page = try await pager.next() else { return .success(nil) }
                return .success(FetchedPage(page, moment, pager))
            } catch {
                return .failure(error)
            }
        }
    }

    /// Takes up a page, nil after the last; gives what the store's listing has shown that is new.
    func take(_ fetched: FetchedPage?) -> [ListedName] {
        state.withLock { state in
            let listed = fetched.map { state.names?.add($0.page) ?? [] } ?? state.names?.finish() ?? []
            for name in listed { state.local[name.name] = nil }
            var items = listed.map { DirectoryItem($0) }
            if let fetched { state.moment = fetched.moment }
            if fetched == nil {
                items += state.local.sorted { $0.key < $1.key }.map { DirectoryItem(name: $0.key, kind: $0.value) }
                state.isComplete = true
            }
            Self.add(items[...], to: &state)
            return listed
        }
    }

    private static func add(_ items: ArraySlice<DirectoryItem>, to state: inout State) {
        guard !items.isEmpty else { return }
        let names = PackedNames(items)
        state.pages.append(Page(start: state.count, names: names))
        state.count += items.count
        state.packed += names.size
        state.unpacked = (state.pages.count - 1, Array(items))
    }

    // MARK: Names

    /// The names from the index `start` on, of one page: at least one unless `start` is the end.
    func items(from start: Int, limit: Int) -> [(index: Int, item: DirectoryItem)] {
        state.withLock { state in
            guard let page = state.pages.lastIndex(where: { $0.start <= start }), start < state.count else { return [] }
            if state.unpacked?.page != page { state.unpacked = (page, state.pages[page].names.unpacked()) }
            let first = state.pages[page].start
            return (state.unpacked?.items ?? []).dropFirst(start - first).prefix(max(1, limit)).enumerated()
                .map { (start + $0.offset, $0.element) }
        }
    }
}

extension DirectoryItem {
    init(_ listed: ListedName) {
        switch listed.kind {
        case .object(let object): self.init(name: listed.name, kind: .regular, mayBeSpecial: object.size <= LinkTarget.maximumBytes)
        case .folder, .continuation: self.init(name: listed.name, kind: .directory)
        }
    }
}
