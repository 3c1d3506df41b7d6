/// Walks a listing page by page.
///
/// A store that answers the same page again and again is noticed: keys must go up from page to page, but for earlier versions.
package struct ListPager: Sendable {
    private let store: any ObjectStore
    private var request: ListRequest
    private var isAtEnd = false
    private var last: Key?

    package init(_ store: any ObjectStore, _ request: ListRequest) {
        self.store = store
        self.request = request
    }

    /// The next page; nil after the last.
    package mutating func next() async throws(StoreError) -> ListPage? {
        guard !isAtEnd else { return nil }
        let page = try await store.list(request)
        try checkProgress(page)
        request.cursor = page.next
        request.startAfter = nil
        isAtEnd = page.next == nil
        return page
    }

    private mutating func checkProgress(_ page: ListPage) throws(StoreError) {
        let first = [page.objects.first { $0.version == nil }?.key, page.commonPrefixes.first].compactMap(\.self).min()
        if let last, let first, first <= last {
            throw StoreError(.invalidResponse, "the store's listing of \(request.prefix) repeats itself at \(first)")
        }
        let end = [page.objects.last { $0.version == nil }?.key, page.commonPrefixes.last].compactMap(\.self).max()
        if end == nil, page.next != nil, page.next == request.cursor {
            throw StoreError(.invalidResponse, "the store's listing of \(request.prefix) does not go on")
        }
        last = end ?? last
    }
}
