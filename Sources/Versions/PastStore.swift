package import FileSystemTypes
package import ObjectStorage

/// A bucket as it was at a moment: of each key the version that was the latest then, and nothing where that is a delete marker.
///
/// It belongs on top of all other decorators. Listings are those of versions, page by page; nothing is kept of them but which version the keys
/// seen last have, in bounded memory. A folder is shown only where something was in it: that is one listing more for each.
package struct PastStore: ReadOnlyStore {
    package let base: any ObjectStore
    private let moment: Timestamp
    private let memory = VersionMemory()

    /// Requests at the same time for the folders of a page.
    private static let parallel = 16
    /// After so many versions without anything of that time a folder is shown unseen.
    private static let patience = 9000
    /// No page is smaller: most of the versions on it may be younger than the moment.
    private static let smallestPage = 32

    package init(_ base: any ObjectStore, at moment: Timestamp) {
        self.base = base
        self.moment = moment
    }

    package var limits: StoreLimits { base.limits }

    package func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        try await reading(key, conditions) { (place, conditions) async throws(StoreError) in
            var info = try await base.head(key, conditions)
            info.version = place.version
            return info
        }
    }

    package func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        try await reading(key, conditions) { (place, conditions) async throws(StoreError) in
            let content = try await base.get(key, range: range, conditions)
            var info = content.info
            info.version = place.version
            return ObjectContent(info: info, range: content.range, body: content.body)
        }
    }

    /// A page on which nothing was there yet is followed by the next.
    package func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        var cursor = VersionCursor(request)
        var maximum = max(request.maximumKeys, Self.smallestPage)
        while true {
            let versions = try await base.listVersions(cursor.query(request, maximum))
            var page = ListPage(objects: visible(versions, &cursor), commonPrefixes: try await visible(versions.prefixes))
            guard let next = versions.next else { return page }
            cursor.goOn(at: next)
            page.next = cursor.listCursor
            guard page.objects.isEmpty, page.commonPrefixes.isEmpty else { return page }
            maximum = 1000
        }
    }

    // MARK: Which version it was

    /// The objects of that time on a page.
    private func visible(_ page: VersionPage, _ cursor: inout VersionCursor) -> [ListedObject] {
        var objects: [ListedObject] = []
        for version in page.versions where version.key != cursor.settled {
            guard let time = version.time, time <= moment else { continue }
            cursor.settled = version.key
            guard !version.isDeleteMarker else { continue }
            memory.note(VersionPlace(key: version.key, version: VersionID(version.version)), as: version.key)
            objects.append(ListedObject(version))
        }
        return objects
    }

    /// Those of the folders that had something in them; some are asked for at the same time.
    private func visible(_ prefixes: [Key]) async throws(StoreError) -> [Key] {
        var shown: Set<Key> = []
        for start in stride(from: 0, to: prefixes.count, by: Self.parallel) {
            let some = prefixes[start..<min(start + Self.parallel, prefixes.count)]
            let answers = await withTaskGroup(of: Result<Key?, StoreError>.self) { group in
                for prefix in some { group.addTask { await answer(prefix) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for answer in answers { if let prefix = try answer.get() { shown.insert(prefix) } }
        }
        return prefixes.filter(shown.contains)
    }

    /// The folder if it had something in it.
    private func answer(_ prefix: Key) async -> Result<Key?, StoreError> {
        do throws(StoreError) {
            return .success(try await hadContent(prefix) ? prefix : nil)
        } catch {
            return .failure(error)
        }
    }

    private func hadContent(_ prefix: Key) async throws(StoreError) -> Bool {
        let request = ListRequest(prefix: prefix)
        var cursor = VersionCursor(request)
        var seen = 0
        while seen < Self.patience {
            let page = try await base.listVersions(cursor.query(request, seen == 0 ? 100 : 1000))
            guard visible(page, &cursor).isEmpty else { return true }
            guard let next = page.next else { return false }
            cursor.goOn(at: next)
            seen += max(1, page.versions.count)
        }
        return true
    }

    private func reading<Value>(
        _ key: Key, _ conditions: ReadConditions, _ body: (VersionPlace, ReadConditions) async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let place = try await place(of: key)
        var conditions = conditions
        conditions.version = conditions.version ?? place.version
        do throws(StoreError) {
            return try await body(place, conditions)
        } catch {
            // Deleted for good since it was listed.
            if error.reason == .noSuchKey { memory.forget(key) }
            throw error
        }
    }

    private func place(of key: Key) async throws(StoreError) -> VersionPlace {
        if let place = memory[key] { return place }
        let request = ListRequest(prefix: key)
        var cursor = VersionCursor(request)
        var maximum = Self.smallestPage
        while true {
            let page = try await base.listVersions(cursor.query(request, maximum))
            _ = visible(page, &cursor)
            if let place = memory[key] { return place }
            // Of the keys that begin so, this is the first.
            guard let next = page.next, page.versions.last?.key == key, cursor.settled != key else { throw Self.absent(key) }
            cursor.goOn(at: next)
            maximum = 1000
        }
    }

    private static func absent(_ key: Key) -> StoreError {
        var error = StoreError(.noSuchKey, "it was not there at that time")
        error.operation = "\(key)"
        return error
    }
}

extension ListedObject {
    init(_ version: ListedVersion) {
        self.init(
            key: version.key, size: version.size, etag: version.etag, lastModified: version.time, storageClass: version.storageClass)
    }
}
