package import ObjectStorage

/// One version of one object: bytes that never change, so that ranges of it can be read and copied later.
///
/// Every use of it is pinned: reads with `If-Match` (or the version), copies with the condition on their source.
package struct ObjectVersion: Hashable, Sendable {
    package var key: Key
    /// Nil only where the store told none.
    package var etag: ETag?
    package var version: VersionID?
    /// Of the whole object, in bytes.
    package var size: Int64

    package init(key: Key, etag: ETag?, version: VersionID? = nil, size: Int64) {
        precondition(size >= 0, "an object has no negative size")
        self.key = key
        self.etag = etag
        self.version = version
        self.size = size
    }

    /// What HEAD or GET said of the object at `key`.
    package init(key: Key, info: ObjectInfo) {
        self.init(key: key, etag: info.etag, version: info.version, size: info.size)
    }
}
