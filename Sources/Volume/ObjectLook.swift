internal import FileSystemTypes
internal import ObjectStorage

/// What is at many keys now, in few requests: from a listing as long as that shows enough of them, else by HEAD.
struct ObjectLook: Sendable {
    let store: any ObjectStore
    private static let parallel = 16

    func look(at keys: [Key]) async throws(StoreError) -> [Key: ListedObject] {
        let keys = keys.sorted()
        var (found, reached) = keys.count > 1 ? try await listed(keys) : ([:], nil)
        for object in try await heads(of: keys.filter { key in reached.map { $0 < key } ?? true }) { found[object.key] = object }
        return found
    }

    /// Those of the objects that are there.
    func heads(of keys: [Key]) async throws(StoreError) -> [ListedObject] {
        try await inParallel(keys, Semaphore(Self.parallel)) { (key) async throws(StoreError) in try await self.head(key) }.compactMap(\.self)
    }

    /// What a few pages show, and how far they reach; `keys` are in order.
    private func listed(_ keys: [Key]) async throws(StoreError) -> (found: [Key: ListedObject], reached: Key?) {
        guard let first = keys.first, let last = keys.last else { return ([:], nil) }
        let wanted = Set(keys)
        var found: [Key: ListedObject] = [:]
        var reached: Key?
        var request = ListRequest(prefix: Self.folder(of: first, last))
        let before = Self.before(first)
        if before.bytes.count > request.prefix.bytes.count { request.startAfter = before }
        var pager = ListPager(store, request)
        for _ in 0..<2 + keys.count / 250 {
            guard let page = try await pager.next() else { return (found, last) }
            for object in page.objects where wanted.contains(object.key) { found[object.key] = object }
            reached = page.objects.last?.key ?? reached
            if let reached, reached >= last { break }
        }
        return (found, reached)
    }

    /// What both keys are in. Ends at a slash: stores take no prefix that ends within a character.
    private static func folder(of one: Key, _ other: Key) -> Key {
        let common = zip(one.bytes, other.bytes).prefix { $0 == $1 }.map(\.0)
        return Key(Array(common.prefix((common.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)))
    }

    /// A key that comes before `key`: without its last character.
    private static func before(_ key: Key) -> Key {
        let end = key.bytes.lastIndex { $0 & 0xC0 != 0x80 } ?? 0
        return Key(Array(key.bytes.prefix(end)))
    }

    private func head(_ key: Key) async throws(StoreError) -> ListedObject? {
        do throws(StoreError) {
            let info = try await store.head(key, ReadConditions())
            return ListedObject(key: key, size: info.size, etag: info.etag, lastModified: info.lastModified, storageClass: info.storageClass)
        } catch {
            guard error.reason == .noSuchKey else { throw error }
            return nil
        }
    }
}
