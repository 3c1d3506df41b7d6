package import FileSystemTypes
package import ObjectStorage

/// A file or an object, as its listing tells it.
package struct TransferEntry: Hashable, Sendable {
    package var path: RelativePath
    /// In bytes.
    package var size: Int64
    /// Of a file its modification time, of an object when it was stored.
    package var modified: Timestamp?
    /// Of objects only.
    package var etag: ETag?

    package init(path: RelativePath, size: Int64, modified: Timestamp? = nil, etag: ETag? = nil) {
        self.path = path
        self.size = size
        self.modified = modified
        self.etag = etag
    }
}

/// Which version of a source a transfer is of: parts of two versions are never put together.
package struct SourceIdentity: Hashable, Codable, Sendable {
    /// In bytes.
    package var size: Int64
    /// Of files: seconds and nanoseconds, and the number of the inode.
    package var seconds: Int64?
    package var nanoseconds: Int32?
    package var inode: UInt64?
    /// Of objects.
    package var etag: String?

    package init(size: Int64, modified: Timestamp, inode: UInt64) {
        self.size = size
        seconds = modified.seconds
        nanoseconds = modified.nanoseconds
        self.inode = inode
    }

    package init(size: Int64, etag: ETag?) {
        self.size = size
        self.etag = etag?.text
    }

    /// What is another than it was, in words; nil for the same version.
    package func change(to now: SourceIdentity) -> String? {
        if size != now.size { return "its size was \(size) and is \(now.size)" }
        if etag != now.etag { return "its ETag was \(etag ?? "none") and is \(now.etag ?? "none")" }
        if (seconds, nanoseconds) != (now.seconds, now.nanoseconds) { return "it was written to" }
        if inode != now.inode { return "another file has taken its place" }
        return nil
    }
}
