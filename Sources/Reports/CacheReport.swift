/// What a mount keeps of what it has read, and what came of it since the mount began.
package struct CacheReport: Codable, Hashable, Sendable {
    /// Bytes in memory.
    package var memory: Int64
    /// Nil without a folder.
    package var disk: Disk?
    /// Blocks found in memory.
    package var memoryHits: Int64
    /// Blocks that were found neither in memory nor on the disk.
    package var misses: Int64
    /// Of blocks found.
    package var bytesRead: Int64

    /// The part on the disk.
    package struct Disk: Codable, Hashable, Sendable {
        package var folder: String
        /// By all mounts that share the folder.
        package var usage: MountStatus.Usage
        package var blocks: Int
        /// What was there is still being looked at.
        package var isLoading: Bool
        /// Blocks found.
        package var hits: Int64
        package var bytesWritten: Int64
        /// Blocks that the disk did not keep up with, or refused.
        package var notWritten: Int64
        /// Blocks found with other bytes than were written; they are read from the store again.
        package var damaged: Int64
        /// Blocks dropped to make room.
        package var evicted: Int64

        package init(
            folder: String, usage: MountStatus.Usage, blocks: Int, isLoading: Bool, hits: Int64, bytesWritten: Int64, notWritten: Int64,
            damaged: Int64, evicted: Int64
        ) {
            self.folder = folder
            self.usage = usage
            self.blocks = blocks
            self.isLoading = isLoading
            self.hits = hits
            self.bytesWritten = bytesWritten
            self.notWritten = notWritten
            self.damaged = damaged
            self.evicted = evicted
        }
    }

    package init(memory: Int64, disk: Disk?, memoryHits: Int64, misses: Int64, bytesRead: Int64) {
        self.memory = memory
        self.disk = disk
        self.memoryHits = memoryHits
        self.misses = misses
        self.bytesRead = bytesRead
    }
}

/// The memory that grows with use, of what `--memory-limit` allows.
package struct MemoryReport: Codable, Hashable, Sendable {
    package var usage: MountStatus.Usage
    /// Bytes by purpose.
    package var purposes: [String: Int64]

    package init(usage: MountStatus.Usage, purposes: [String: Int64]) {
        self.usage = usage
        self.purposes = purposes
    }
}
