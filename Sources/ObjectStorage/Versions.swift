package import FileSystemTypes

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

    package init(
        key: Key, version: String, isLatest: Bool, isDeleteMarker: Bool, size: Int64, etag: ETag? = nil, lastModified: String? = nil,
        storageClass: String? = nil
    ) {
        self.key = key
        self.version = version
        self.isLatest = isLatest
        self.isDeleteMarker = isDeleteMarker
        self.size = size
        self.etag = etag
        self.lastModified = lastModified
        self.storageClass = storageClass
    }

    /// Nil where the store does not tell it in a form that is understood.
    package var time: Timestamp? { lastModified.flatMap { Timestamp(iso8601: $0) } }
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

/// Versions by key, and of each key the latest first.
package struct VersionPage: Sendable {
    package var versions: [ListedVersion]
    package var prefixes: [Key]
    /// Nil on the last page.
    package var next: VersionQuery?

    package init(versions: [ListedVersion] = [], prefixes: [Key] = [], next: VersionQuery? = nil) {
        self.versions = versions
        self.prefixes = prefixes
        self.next = next
    }
}

extension ObjectStore {
    /// Stores without versions.
    package func listVersions(_ query: VersionQuery) async throws(StoreError) -> VersionPage {
        throw StoreError(.unsupported, "this store does not list versions of objects")
    }
}
