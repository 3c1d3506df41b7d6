package import FileSystemTypes
package import ObjectStorage

/// A bucket with its earlier versions beside what lives: each under its own key (`VersionKey`), also of objects that are deleted.
///
/// It belongs on top of all other decorators. Nothing is kept of the listings but which versions the keys shown last stand for, in bounded memory.
/// An object of the bucket that is called like a version goes before it. Of folder markers earlier versions are not shown: they have no content.
package struct VersionsStore: ReadOnlyStore {
    package let base: any ObjectStore
    private let memory = VersionMemory()

    package init(_ base: any ObjectStore) {
        self.base = base
    }

    package var limits: StoreLimits {
        var limits = base.limits
        limits.key += VersionKey.longestSuffix
        return limits
    }

    package func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        try await reading(key, conditions) { (key, conditions) async throws(StoreError) in
            var info = try await base.head(key, conditions)
            info.version = info.version ?? conditions.version
            return info
        }
    }

    package func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        try await reading(key, conditions) { (key, conditions) async throws(StoreError) in
            try await base.get(key, range: range, conditions)
        }
    }

    /// A page of nothing but what is not shown is followed by the next. Versions stand beside what their objects are called, out of the order of keys.
    package func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        guard request.prefix.bytes.count <= base.limits.key else { return ListPage() }
        var cursor = VersionCursor(request)
        var maximum = request.maximumKeys
        while true {
            let versions = try await base.listVersions(cursor.query(request, maximum))
            var page = ListPage(
                objects: versions.versions.filter { $0.key != cursor.settled }.compactMap(shown), commonPrefixes: versions.prefixes)
            guard let next = versions.next else { return page }
            cursor.goOn(at: next)
            page.next = cursor.listCursor
            guard page.objects.isEmpty, page.commonPrefixes.isEmpty else { return page }
            maximum = 1000
        }
    }

    private func shown(_ version: ListedVersion) -> ListedObject? {
        guard !version.isDeleteMarker else { return nil }
        var object = ListedObject(version)
        guard !version.isLatest else {
            memory.forget(version.key)
            return object
        }
        guard version.key.bytes.last != UInt8(ascii: "/") || version.size > 0 else { return nil }
        let place = VersionPlace(key: version.key, version: VersionID(version.version))
        object.key = VersionKey.key(of: place.key, place.version)
        object.version = place.version
        memory.note(place, as: object.key)
        return object
    }

    private func reading<Value>(
        _ key: Key, _ conditions: ReadConditions, _ body: (Key, ReadConditions) async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        if let place = memory[key] { return try await version(place, conditions, body) }
        let absence: StoreError
        do throws(StoreError) {
            if key.bytes.count <= base.limits.key { return try await body(key, conditions) }
            absence = StoreError(.noSuchKey, "no key is that long")
        } catch {
            guard error.reason == .noSuchKey else { throw error }
            absence = error
        }
        guard let (object, id) = VersionKey.parse(key) else { throw absence }
        let place = VersionPlace(key: object, version: id)
        do throws(StoreError) {
            let value = try await version(place, conditions, body)
            memory.note(place, as: key)
            return value
        } catch {
            switch error.reason {
            // No id of a version, or that of a delete marker.
            case .noSuchKey, .invalidRequest, .unsupported: throw absence
            default: throw error
            }
        }
    }

    private func version<Value>(
        _ place: VersionPlace, _ conditions: ReadConditions, _ body: (Key, ReadConditions) async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        var conditions = conditions
        conditions.version = place.version
        return try await body(place.key, conditions)
    }
}
