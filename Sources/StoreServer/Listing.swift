package import ObjectStorage

/// What one page of a listing is asked to hold.
package struct ListingQuery: Hashable, Sendable {
    package var prefix: Key
    package var delimiter: [UInt8]
    /// Only what comes after this; where it is a common prefix, nothing below that prefix.
    package var after: Key?
    /// How many keys and common prefixes at most, together.
    package var maximum: Int

    package init(prefix: Key, delimiter: [UInt8], after: Key?, maximum: Int) {
        self.prefix = prefix
        self.delimiter = delimiter
        self.after = after
        self.maximum = maximum
    }
}

/// One page of a listing.
package struct ListingPage<Value> {
    package enum Entry {
        case value(Key, Value)
        case prefix(Key)

        package var name: Key {
            switch self {
            case .value(let key, _), .prefix(let key): key
            }
        }
    }

    package var entries: [Entry] = []
    package var isTruncated = false

    /// After what the next page begins.
    package var last: Key? { entries.last?.name }
}

extension SortedIndex {
    /// One page, in byte order of keys and common prefixes.
    package func page(_ query: ListingQuery) -> ListingPage<Value> {
        page(query) { $0 }
    }

    /// One page of what `shown` gives of the values; where that is nothing, the key is not there for the reader.
    func page<Shown>(_ query: ListingQuery, _ shown: (Value) -> Shown?) -> ListingPage<Shown> {
        var page = ListingPage<Shown>()
        guard query.maximum > 0 else { return page }
        var position = start(of: query)
        while position != end {
            let (key, value) = self[position]
            guard key.hasPrefix(query.prefix) else { break }
            guard let shown = shown(value) else {
                position = self.position(after: position)
                continue
            }
            if page.entries.count == query.maximum {
                page.isTruncated = true
                break
            }
            if let common = key.commonPrefix(query) {
                page.entries.append(.prefix(common))
                position = common.afterPrefix.map(firstPosition) ?? end
            } else {
                page.entries.append(.value(key, shown))
                position = self.position(after: position)
            }
        }
        return page
    }

    func start(of query: ListingQuery) -> Position {
        guard let after = query.after, !after.precedes(query.prefix) else { return firstPosition(notBefore: query.prefix) }
        if after.commonPrefix(query) == after { return after.afterPrefix.map(firstPosition) ?? end }
        return firstPosition(notBefore: after.next)
    }
}

extension Key {
    /// What a listing shows in place of this key: everything through the first delimiter after the prefix.
    func commonPrefix(_ query: ListingQuery) -> Key? {
        guard !query.delimiter.isEmpty, bytes.count >= query.prefix.bytes.count + query.delimiter.count, hasPrefix(query.prefix) else { return nil }
        var start = query.prefix.bytes.count
        while start + query.delimiter.count <= bytes.count {
            if bytes[start...].starts(with: query.delimiter) { return Key(Array(bytes[..<(start + query.delimiter.count)])) }
            start += 1
        }
        return nil
    }
}
