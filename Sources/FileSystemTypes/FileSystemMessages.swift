/// A name found: its inode, what stat shows of it, and how long both hold.
package struct Entry: Hashable, Sendable {
    package var attributes: Attributes
    /// How long the kernel may believe that the name leads to this inode.
    package var nameTTL: Duration
    /// How long the kernel may believe the attributes.
    package var attributeTTL: Duration
    /// Tells files apart that have had the same inode number one after the other, for handles (name_to_handle_at(2), NFS). 0 for the top.
    package var generation: UInt32

    package init(attributes: Attributes, nameTTL: Duration, attributeTTL: Duration, generation: UInt32 = 0) {
        self.attributes = attributes
        self.nameTTL = nameTTL
        self.attributeTTL = attributeTTL
        self.generation = generation
    }

    package var inode: Inode { attributes.inode }
}

package enum Lookup: Hashable, Sendable {
    case found(Entry)
    /// There is no such name, and the kernel may believe so for this long.
    case absent(ttl: Duration)
}

package struct AttributeReply: Hashable, Sendable {
    package var attributes: Attributes
    package var ttl: Duration

    package init(attributes: Attributes, ttl: Duration) {
        self.attributes = attributes
        self.ttl = ttl
    }
}

/// What open(2) asked for, as far as a file system is told.
package struct OpenOptions: Hashable, Sendable {
    package enum Mode: Hashable, Sendable {
        case readOnly
        case writeOnly
        case readWrite
    }

    /// What a write has to wait for before it is answered.
    ///
    /// The kernel itself sends `synchronize` after each write: nothing has to be done but to know that it comes.
    package enum Durability: Hashable, Sendable {
        case none
        /// `O_DSYNC`
        case data
        /// `O_SYNC`
        case dataAndAttributes
    }

    package var mode: Mode
    package var append: Bool
    package var truncate: Bool
    /// `O_EXCL`, in `create` only.
    package var exclusive: Bool
    /// `O_DIRECT`: the kernel caches nothing of what this handle reads and writes.
    package var direct: Bool
    package var durability: Durability

    package init(
        mode: Mode, append: Bool = false, truncate: Bool = false, exclusive: Bool = false, direct: Bool = false, durability: Durability = .none
    ) {
        self.mode = mode
        self.append = append
        self.truncate = truncate
        self.exclusive = exclusive
        self.direct = direct
        self.durability = durability
    }

    package var writes: Bool { mode != .readOnly }
    package var reads: Bool { mode != .writeOnly }
}

package struct OpenReply: Hashable, Sendable {
    package var handle: Handle
    /// The pages that the kernel has of this file are still right (`FOPEN_KEEP_CACHE`).
    package var keepCache: Bool
    /// The kernel may keep the listing of this directory and answer from it (`FOPEN_CACHE_DIR`): with `keepCache` an earlier one, else the one
    /// that is read now. It drops it when the directory's modification time changes, or on `KernelNotification.content`.
    package var cachesListing: Bool
    /// The kernel passes reads and writes on as they are, past its cache (`FOPEN_DIRECT_IO`): for files whose size is not known.
    package var direct: Bool

    package init(handle: Handle, keepCache: Bool, cachesListing: Bool = false, direct: Bool = false) {
        self.handle = handle
        self.keepCache = keepCache
        self.cachesListing = cachesListing
        self.direct = direct
    }
}

/// How rename treats an existing target (renameat2(2)).
package enum RenameMode: Hashable, Sendable {
    case replace
    case failIfExists
    case exchange
}

/// What access(2) asks.
package struct AccessMask: OptionSet, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    package static let execute = AccessMask(rawValue: 1)
    package static let write = AccessMask(rawValue: 2)
    package static let read = AccessMask(rawValue: 4)
}

package struct DirectoryEntry: Hashable, Sendable {
    /// The name as bytes: `.` and `..` occur here, so it is no `FileName`.
    package var name: [UInt8]
    package var inode: Inode
    /// Nil where it is not known without asking the store (`DT_UNKNOWN`, readdir(3)).
    package var kind: FileKind?
    /// Where reading goes on after this entry; never 0.
    package var cookie: UInt64

    package init(name: [UInt8], inode: Inode, kind: FileKind?, cookie: UInt64) {
        self.name = name
        self.inode = inode
        self.kind = kind
        self.cookie = cookie
    }
}

package struct DirectoryEntryPlus: Hashable, Sendable {
    package var listed: DirectoryEntry
    /// Nil where the attributes are not known without asking the store: the kernel looks the name up when it needs them.
    package var entry: Entry?

    package init(listed: DirectoryEntry, entry: Entry?) {
        self.listed = listed
        self.entry = entry
    }
}

/// What statfs(2) shows.
package struct FileSystemStatistics: Hashable, Sendable {
    /// In bytes.
    package var blockSize: UInt64
    package var totalBlocks: UInt64
    package var freeBlocks: UInt64
    package var totalInodes: UInt64
    package var freeInodes: UInt64
    /// In bytes.
    package var maximumNameLength: UInt64

    package init(
        blockSize: UInt64, totalBlocks: UInt64, freeBlocks: UInt64,
        totalInodes: UInt64, freeInodes: UInt64, maximumNameLength: UInt64
    ) {
        self.blockSize = blockSize
        self.totalBlocks = totalBlocks
        self.freeBlocks = freeBlocks
        self.totalInodes = totalInodes
        self.freeInodes = freeInodes
        self.maximumNameLength = maximumNameLength
    }
}
