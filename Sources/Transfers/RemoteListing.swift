package import ObjectStorage
internal import Synchronization

/// The objects below a prefix. One page of them is in memory.
package final class RemoteListing: EntryStream {
    private struct State {
        var pager: ListPager
        var ready: [TransferEntry] = []
        var isAtEnd = false
    }

    private let prefix: Key
    private let keepsMarkers: Bool
    private let explain: @Sendable (StoreError) -> TransferError
    private let state: Mutex<State>

    /// `keepsMarkers`: keys that end in a slash are objects like others.
    package init(_ store: any ObjectStore, prefix: Key, keepsMarkers: Bool, explain: @escaping @Sendable (StoreError) -> TransferError) {
        self.prefix = prefix
        self.keepsMarkers = keepsMarkers
        self.explain = explain
        state = Mutex(State(pager: ListPager(store, ListRequest(prefix: prefix))))
    }

    package func next() async throws(TransferError) -> TransferEntry? {
        while true {
            if let entry = state.withLock({ $0.ready.popLast() }) { return entry }
            if state.withLock({ $0.isAtEnd }) { return nil }
            var pager = state.withLock { $0.pager }
            let page: ListPage?
            do throws(StoreError) {
                page = try await pager.next()
            } catch {
                throw explain(error)
            }
            let found = page.map { entries($0) } ?? []
            state.withLock { [pager] state in
                state.pager = pager
                state.ready = found.reversed()
                state.isAtEnd = page == nil
            }
        }
    }

    private func entries(_ page: ListPage) -> [TransferEntry] {
        page.objects.compactMap { object in
            let path = RelativePath(Array(object.key.bytes.dropFirst(prefix.bytes.count)))
            guard !path.isEmpty, keepsMarkers || path.bytes.last != RelativePath.slash else { return nil }
            return TransferEntry(path: path, size: object.size, modified: object.lastModified, etag: object.etag)
        }
    }
}
