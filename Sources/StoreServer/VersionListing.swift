import ObjectStorage

/// What one page of a listing of versions is asked to hold.
struct VersionQuery {
    var names: ListingQuery
    /// Of the key after which the page begins: only versions older than this one; nil for none of that key.
    var afterVersion: String?
}

/// One page of a listing of versions.
struct VersionPage {
    enum Entry {
        case version(StoredObject, isLatest: Bool)
        case prefix(Key)
    }

    var entries: [Entry] = []
    var isTruncated = false

    /// After what the next page begins.
    var last: (key: Key, version: String?)? {
        switch entries.last {
        case .version(let object, _): (object.manifest.key, object.facts.version ?? VersionID.null)
        case .prefix(let prefix): (prefix, nil)
        case nil: nil
        }
    }
}

extension SortedIndex<VersionStack> {
    /// One page: by key, and of one key the latest version first.
    func page(_ query: VersionQuery) -> VersionPage {
        var page = VersionPage()
        guard query.names.maximum > 0 else { return page }
        if let key = query.names.after, let id = query.afterVersion, !page.add(rest(of: key, after: id), query) { return page }
        var position = start(of: query.names)
        while position != end, self[position].key.hasPrefix(query.names.prefix) {
            let (key, stack) = self[position]
            if let common = key.commonPrefix(query.names) {
                guard page.add([.prefix(common)], query) else { break }
                position = common.afterPrefix.map(firstPosition) ?? end
            } else {
                guard page.add(stack.entries, query) else { break }
                position = self.position(after: position)
            }
        }
        return page
    }

    private func rest(of key: Key, after id: String) -> [VersionPage.Entry] {
        guard let stack = self[key], let object = stack.version(id), let index = stack.all.firstIndex(where: { $0 === object }) else { return [] }
        return Array(stack.entries.dropFirst(index + 1))
    }
}

extension VersionStack {
    fileprivate var entries: [VersionPage.Entry] {
        [.version(latest, isLatest: true)] + older.map { .version($0, isLatest: false) }
    }
}

extension VersionPage {
    /// Whether all of them found room.
    fileprivate mutating func add(_ more: [Entry], _ query: VersionQuery) -> Bool {
        let room = query.names.maximum - entries.count
        entries += more.prefix(room)
        isTruncated = more.count > room
        return !isTruncated
    }
}
