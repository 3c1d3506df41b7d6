package import ObjectStorage

/// How a volume shows a bucket.
package struct VolumeOptions: Sendable {
    /// Only keys that begin with it are part of the volume; empty or ending in `/`.
    package var prefix: Key = ""
    package var isReadOnly = false
    /// Owner and permissions of whatever has none stored with it.
    package var userID: UInt32 = 0
    package var groupID: UInt32 = 0
    package var filePermissions: UInt16 = 0o644
    package var directoryPermissions: UInt16 = 0o755
    /// How long what the store said of an object is believed.
    package var metadataTTL: Duration = .seconds(1)
    /// Files larger than this go up in parts of this size or more, in bytes.
    package var partSize: Int64 = 8 << 20
    /// Requests with file contents that run at the same time, each way.
    package var transfers = 16
    /// Bytes fetched ahead of readers, over all files.
    package var readAheadBudget = 128 << 20

    package init() {}
}
