/// Where blocks are kept on the disk, and how much of it they may take.
package struct DiskCacheOptions: Sendable {
    package let folder: String
    /// In bytes.
    package let limit: Int64
    /// In bytes that stay free on the disk for others: more than staging leaves, so that the cache gives way before a write fails.
    package var freeSpaceFloor: Int64 = 2 << 30
    /// How long nothing is written after the disk has refused it.
    package var retryDelay: Duration = .seconds(30)
    /// How often the folder and the free space are looked at.
    package var upkeepInterval: Duration = .seconds(5)
    /// False only in the test that shows what the checks find.
    package var verifies = true

    /// The smallest `limit` that makes sense.
    package static let smallestLimit: Int64 = 16 << 20

    package init(folder: String, limit: Int64) {
        self.folder = folder
        self.limit = limit
    }

    /// The size of one file, in bytes: a sixteenth of the cache, since files are dropped whole, up to 64 MiB, and more for a cache that would
    /// have more than 2048 of them.
    var segmentSize: Int64 {
        var size: Int64 = 1 << 20
        while size < 64 << 20, size * 16 < limit { size *= 2 }
        while size < 1 << 30, size * 2048 < limit { size *= 2 }
        return size
    }
}
