import FileSystemTypes
import ObjectStorage

/// One page of a listing in byte order (ListObjectsV2): objects and common prefixes count alike, and both are merged in order.
struct MemoryListing {
    private let request: ListRequest
    private let keys: SortedKeys
    private let delimiter: [UInt8]
    private var page = ListPage()

    init(_ request: ListRequest, keys: SortedKeys) {
        self.request = request
        self.keys = keys
        delimiter = request.delimiter.map { Array($0.utf8) } ?? []
    }

    /// The page; `listed` makes the entry of a key.
    mutating func run(_ listed: (Key) -> ListedObject) throws(StoreError) -> ListPage {
        var position = try start()
        let limit = min(request.maximumKeys, 1000)
        var last: Item?
        while position < keys.count, keys[position].bytes.starts(with: request.prefix.bytes) {
            if page.objects.count + page.commonPrefixes.count == limit {
                page.next = last?.cursor
                break
            }
            let item = item(at: position)
            take(item, listed)
            last = item
            position = after(item)
        }
        return page
    }

    private enum Item {
        case object(Key)
        case commonPrefix(Key)

        var cursor: ListCursor {
            switch self {
            case .object(let key): ListCursor([UInt8(ascii: "k")] + key.bytes)
            case .commonPrefix(let key): ListCursor([UInt8(ascii: "p")] + key.bytes)
            }
        }

        init?(_ cursor: ListCursor) {
            let key = Key(Array(cursor.bytes.dropFirst()))
            switch cursor.bytes.first {
            case UInt8(ascii: "k"): self = .object(key)
            case UInt8(ascii: "p"): self = .commonPrefix(key)
            default: return nil
            }
        }
    }

    private func start() throws(StoreError) -> Int {
        if let cursor = request.cursor {
            guard let item = Item(cursor) else {
                throw StoreError(.invalidRequest, "the continuation token is not one of this store", status: 400, serviceCode: "InvalidArgument")
            }
            return after(item)
        }
        let first = keys.position { $0 < request.prefix }
        guard let startAfter = request.startAfter else { return first }
        return max(first, keys.position { $0 <= startAfter })
    }

    private func item(at position: Int) -> Item {
        let key = keys[position]
        guard !delimiter.isEmpty else { return .object(key) }
        let rest = key.bytes.dropFirst(request.prefix.bytes.count)
        guard let end = rest.endOfFirst(delimiter) else { return .object(key) }
        return .commonPrefix(Key(Array(key.bytes[..<end])))
    }

    private mutating func take(_ item: Item, _ listed: (Key) -> ListedObject) {
        switch item {
        case .object(let key): page.objects.append(listed(key))
        case .commonPrefix(let prefix): page.commonPrefixes.append(prefix)
        }
    }

    /// The position of the first key that `item` does not stand for and that comes after it.
    private func after(_ item: Item) -> Int {
        switch item {
        case .object(let key): keys.position { $0 <= key }
        case .commonPrefix(let prefix): keys.position { $0 < prefix || $0.bytes.starts(with: prefix.bytes) }
        }
    }
}

extension ArraySlice<UInt8> {
    /// The index after the first occurrence of `pattern`, which is not empty.
    fileprivate func endOfFirst(_ pattern: [UInt8]) -> Int? {
        guard count >= pattern.count else { return nil }
        for start in startIndex...(endIndex - pattern.count) where self[start...].starts(with: pattern) {
            return start + pattern.count
        }
        return nil
    }
}
