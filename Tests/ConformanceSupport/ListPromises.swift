import FileSystemTypes
import ObjectStorage

/// Listings, page by page.
enum ListPromises {
    static let all = [
        StorePromise("an empty bucket lists nothing", empty),
        StorePromise("a listing says size, ETag and time as HEAD does", entries),
        StorePromise("pages of any size give every key once", needs: [.noFolderObjects], { try await paging(delimiter: nil, $0) }),
        StorePromise("pages of any size give every key and common prefix once", { try await paging(delimiter: "/", $0) }),
        StorePromise("a prefix, with a delimiter and without", needs: [.noFolderObjects], prefixes),
        StorePromise("listing begins after a key", startAfter),
        StorePromise("listings are in the order of bytes", needs: [.byteOrder, .nestedKeys], order),
        StorePromise("delimiters other than a slash", needs: [.anyDelimiter], delimiters),
    ]

    private static let keys: [Key] = [
        "a-file", "b/1", "b/2", "b/c/3", "b/c/4", "b/d/", "e f/5", "g+h/6", "i%2Fj/7", "k&l/8", "m", "n/9", "o", "\u{e9}/10", "\u{1F600}",
    ]

    private static func fill(_ subject: StoreSubject, _ keys: [Key] = keys) async throws {
        for key in keys { try await subject.put(key, key.bytes) }
    }

    private static func empty(_ subject: StoreSubject) async throws {
        for request in [ListRequest(), ListRequest(prefix: "a/", delimiter: "/")] {
            let pages = try await subject.pages(request)
            try expect(pages.allSatisfy { $0.objects.isEmpty && $0.commonPrefixes.isEmpty }, "listed: \(pages)")
        }
    }

    private static func entries(_ subject: StoreSubject) async throws {
        try await subject.put("object", [1, 2, 3])
        let info = try await subject.head("object")
        guard let listed = try await subject.store.list(ListRequest()).objects.first else { throw BrokenPromise("nothing is listed") }
        try expect(listed.size, is: 3, "size")
        try expect(listed.etag, is: info.etag, "ETag")
        let seconds = (listed.lastModified?.seconds ?? 0) - (info.lastModified?.seconds ?? 0)
        try expect(abs(seconds) <= 1, "last modified differs by \(seconds) seconds")
    }

    private static func paging(delimiter: String?, _ subject: StoreSubject) async throws {
        try await fill(subject)
        let expected: Set<Key> =
            delimiter == nil
            ? Set(keys) : ["a-file", "b/", "e f/", "g+h/", "i%2Fj/", "k&l/", "m", "n/", "o", "\u{e9}/", "\u{1F600}"]
        for size in [1, 2, 7, 1000] {
            let pages = try await subject.pages(ListRequest(delimiter: delimiter, maximumKeys: size))
            let items = pages.flatMap { $0.objects.map(\.key) + $0.commonPrefixes }
            try expect(pages.allSatisfy { $0.objects.count + $0.commonPrefixes.count <= size }, "a page has more than \(size) entries")
            try expect(items.count == expected.count && Set(items) == expected, "pages of \(size): \(items) instead of \(expected.sorted())")
        }
    }

    private static func prefixes(_ subject: StoreSubject) async throws {
        try await fill(subject)
        let flat = try await subject.pages(ListRequest(prefix: "b/")).flatMap(\.objects).map(\.key)
        try expect(Set(flat), is: ["b/1", "b/2", "b/c/3", "b/c/4", "b/d/"], "prefix b/")
        let page = try await subject.store.list(ListRequest(prefix: "b/", delimiter: "/"))
        try expect(Set(page.objects.map(\.key)), is: ["b/1", "b/2"], "objects in b/")
        try expect(Set(page.commonPrefixes), is: ["b/c/", "b/d/"], "common prefixes in b/")
        let folder = try await subject.store.list(ListRequest(prefix: "b/d/", delimiter: "/"))
        try expect(folder.objects.map(\.key), is: ["b/d/"], "a folder's marker in its own listing")
        try expect(await subject.store.list(ListRequest(prefix: "nothing/")).objects.isEmpty, "a prefix that no key has")
        let special = try await subject.store.list(ListRequest(prefix: "i%2Fj/", delimiter: "/"))
        try expect(special.objects.map(\.key), is: ["i%2Fj/7"], "a prefix with a percent sign")
    }

    private static func startAfter(_ subject: StoreSubject) async throws {
        try await fill(subject, ["a", "b", "c", "d", "e"])
        let pages = try await subject.pages(ListRequest(startAfter: "b", maximumKeys: 2))
        try expect(pages.flatMap(\.objects).map(\.key), is: ["c", "d", "e"], "after b")
        let between = try await subject.pages(ListRequest(startAfter: "bb")).flatMap(\.objects).map(\.key)
        try expect(between, is: ["c", "d", "e"], "after bb, which is no key")
    }

    private static func order(_ subject: StoreSubject) async throws {
        let mixed: [Key] = ["a", "a-b", "a/b", "a0", "A", "a b", "\u{e9}", "e\u{301}", "\u{FFFD}", "\u{1F600}", "z", "_"]
        try await fill(subject, mixed)
        let listed = try await subject.pages(ListRequest(maximumKeys: 3)).flatMap(\.objects).map(\.key)
        try expect(listed, is: mixed.sorted(), "order")
    }

    private static func delimiters(_ subject: StoreSubject) async throws {
        try await fill(subject, ["a-b", "a-c", "b--c", "c"])
        let page = try await subject.store.list(ListRequest(delimiter: "-"))
        try expect(Set(page.commonPrefixes), is: ["a-", "b-"], "common prefixes to -")
        let double = try await subject.store.list(ListRequest(delimiter: "--"))
        try expect(Set(double.commonPrefixes), is: ["b--"], "common prefixes to --")
        try expect(Set(double.objects.map(\.key)), is: ["a-b", "a-c", "c"], "objects with the delimiter --")
    }
}
