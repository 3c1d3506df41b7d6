internal import FileSystemTypes
package import ObjectStorage
internal import RemoteStore
internal import Signing

/// One version of an object, or a marker that it was deleted.
package struct ListedVersion: Hashable, Sendable {
    package var key: Key
    package var version: String
    package var isLatest: Bool
    package var isDeleteMarker: Bool
    /// Zero of a marker.
    package var size: Int64
    package var etag: ETag?
    /// As the store writes it.
    package var lastModified: String?
    package var storageClass: String?
}

/// What of a bucket's versions is wanted.
package struct VersionQuery: Hashable, Sendable {
    package var prefix: Key = ""
    package var delimiter: String?
    package var keyMarker: Key?
    package var versionMarker: String?
    /// 1 to 1,000.
    package var maximum = 1000

    package init() {}
}

package struct VersionPage: Sendable {
    package var versions: [ListedVersion] = []
    package var prefixes: [Key] = []
    /// Nil on the last page.
    package var next: VersionQuery?
}

extension ObjectCommands {
    package func versions(_ query: VersionQuery) async throws(StoreError) -> VersionPage {
        try ObjectFeature.versions.check(dialect)
        var call = ObjectCall("GET", nil)
        call.ask("versions")
        call.ask("prefix", query.prefix.description)
        call.ask("max-keys", String(query.maximum))
        if dialect.encodesListings { call.ask("encoding-type", "url") }
        if let delimiter = query.delimiter { call.ask("delimiter", delimiter) }
        if let marker = query.keyMarker { call.ask("key-marker", marker.description) }
        if let marker = query.versionMarker { call.ask("version-id-marker", marker) }
        let root = try await objects.send(call).element("ListVersionsResult")
        return try Self.page(root, query)
    }

    private static func page(_ root: XMLElement, _ query: VersionQuery) throws(StoreError) -> VersionPage {
        let isEncoded = root.text("EncodingType") == "url"
        func key(_ text: String) -> Key { Key(isEncoded ? PercentEncoding.decode(text.utf8, plusIsBlank: true) : Array(text.utf8)) }
        var page = VersionPage()
        for element in root.children {
            switch element.name {
            case "Version", "DeleteMarker": page.versions.append(version(element, key))
            case "CommonPrefixes": page.prefixes.append(key(element.text("Prefix") ?? ""))
            default: break
            }
        }
        guard root.text("IsTruncated") == "true" else { return page }
        var next = query
        next.keyMarker = root.text("NextKeyMarker").map(key)
        next.versionMarker = root.text("NextVersionIdMarker").flatMap { $0.isEmpty ? nil : $0 }
        guard next.keyMarker != nil, next != query else {
            throw StoreError(.invalidResponse, "the store's listing of versions does not go on")
        }
        page.next = next
        return page
    }

    private static func version(_ element: XMLElement, _ key: (String) -> Key) -> ListedVersion {
        ListedVersion(
            key: key(element.text("Key") ?? ""), version: element.text("VersionId") ?? "null", isLatest: element.text("IsLatest") == "true",
            isDeleteMarker: element.name == "DeleteMarker", size: element.text("Size").flatMap { Int64($0) } ?? 0,
            etag: element.text("ETag").map { ETag($0) }, lastModified: element.text("LastModified"), storageClass: element.text("StorageClass"))
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
