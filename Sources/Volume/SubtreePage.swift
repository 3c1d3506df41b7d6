package import ObjectStorage

/// What one page of a listing without delimiter tells of the folders below a prefix: the listings of those that are on it as a whole.
///
/// A listing in any lexicographic order has all keys of a folder side by side. So a folder is whole that something follows, or after which
/// nothing comes at all, provided that the page does not begin inside it.
package struct SubtreePage: Sendable {
    /// Each with the listing that the delimiter `/` would have given.
    package private(set) var folders: [(prefix: Key, page: ListPage)] = []

    /// A folder whose end is still to come.
    private struct Open {
        let prefix: [UInt8]
        var page = ListPage()
    }

    /// `page` does not begin inside a folder below `base`. Of one that is not sorted by bytes, or shows earlier versions, nothing is told.
    package init(_ page: ListPage, below base: Key) {
        guard Self.isPlain(page, below: base) else { return }
        var open: [Open] = []
        for object in page.objects {
            let key = object.key.bytes
            while let last = open.last, !key.starts(with: last.prefix) { close(&open) }
            enterFolders(of: key, base, &open)
            guard !open.isEmpty else { continue }
            open[open.count - 1].page.objects.append(object)
        }
        guard page.next == nil else { return }
        while !open.isEmpty { close(&open) }
    }

    private static func isPlain(_ page: ListPage, below base: Key) -> Bool {
        guard page.commonPrefixes.isEmpty else { return false }
        var last: Key?
        for object in page.objects {
            guard object.version == nil, object.key.bytes.starts(with: base.bytes), last.map({ $0 < object.key }) ?? true else { return false }
            last = object.key
        }
        return true
    }

    private func enterFolders(of key: [UInt8], _ base: Key, _ open: inout [Open]) {
        let slash = UInt8(ascii: "/")
        var start = open.last?.prefix.count ?? base.bytes.count
        while let end = key[start...].firstIndex(of: slash) {
            let prefix = Array(key[...end])
            if !open.isEmpty { open[open.count - 1].page.commonPrefixes.append(Key(prefix)) }
            open.append(Open(prefix: prefix))
            start = end + 1
        }
    }

    private mutating func close(_ open: inout [Open]) {
        guard let last = open.popLast() else { return }
        folders.append((Key(last.prefix), last.page))
    }
}
