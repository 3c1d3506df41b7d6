package import ObjectStorage
internal import RemoteStore

extension ObjectCommands {
    package func versions(_ query: VersionQuery) async throws(StoreError) -> VersionPage {
        try ObjectFeature.versions.check(dialect)
        return try await objects.store.listVersions(query)
    }

    /// All versions of one key, the latest first.
    package func versions(of wanted: Key) async throws(StoreError) -> [ListedVersion] {
        var query = VersionQuery()
        query.prefix = wanted
        var found: [ListedVersion] = []
        while true {
            let page = try await versions(query)
            found += page.versions.filter { $0.key == wanted }
            // Keys that only begin with it come after it.
            guard let next = page.next, page.versions.last?.key == wanted else { return found }
            query = next
        }
    }

    /// Makes an earlier version the latest: a copy of it comes before the others.
    package func restoreVersion(_ version: String, of key: Key) async throws(StoreError) -> WriteReceipt {
        try ObjectFeature.versions.check(dialect)
        var wish = CopyWish()
        wish.version = version
        return try await copy(key, of: objects, to: key, wish)
    }

    /// Takes the delete markers away that hide an object; the version that is seen again, nil where none was hidden.
    package func undelete(_ key: Key) async throws(StoreError) -> ListedVersion? {
        let all = try await versions(of: key)
        let markers = all.prefix { $0.isDeleteMarker }
        guard !markers.isEmpty else { return nil }
        guard let visible = all.dropFirst(markers.count).first else {
            throw StoreError(.noSuchKey, "\(key) has no version left to bring back")
        }
        for marker in markers { _ = try await delete(VersionedKey(key, version: marker.version)) }
        return visible
    }
}
