/// What kind of thing an inode is (the type bits of `st_mode`, inode(7)).
package enum FileKind: Hashable, Sendable {
    case regular
    case directory
    case symbolicLink
    case fifo
    case socket
    case characterDevice
    case blockDevice
}

/// What stat(2) shows of a file.
package struct Attributes: Hashable, Sendable {
    package var inode: Inode
    package var kind: FileKind
    /// The low twelve bits of `st_mode`: permissions, set-id and sticky.
    package var permissions: UInt16
    package var linkCount: UInt32
    package var userID: UInt32
    package var groupID: UInt32
    /// In bytes.
    package var size: Int64
    package var accessed: Timestamp
    package var modified: Timestamp
    package var changed: Timestamp
    /// What a character or block device stands for.
    package var device: DeviceNumber
    /// The bytes that a sparse file takes up (`st_blocks`, in other units); nil: as many as its size.
    package var allocatedSize: Int64?

    package init(
        inode: Inode, kind: FileKind, permissions: UInt16, linkCount: UInt32 = 1,
        userID: UInt32, groupID: UInt32, size: Int64,
        accessed: Timestamp, modified: Timestamp, changed: Timestamp,
        device: DeviceNumber = .none, allocatedSize: Int64? = nil
    ) {
        self.inode = inode
        self.kind = kind
        self.permissions = permissions
        self.linkCount = linkCount
        self.userID = userID
        self.groupID = groupID
        self.size = size
        self.accessed = accessed
        self.modified = modified
        self.changed = changed
        self.device = device
        self.allocatedSize = allocatedSize
    }
}

/// The attributes that one setattr changes; nil leaves a value as it is.
package struct AttributeChange: Hashable, Sendable {
    /// A time as utimensat(2) gives it.
    package enum Time: Hashable, Sendable {
        case now
        case at(Timestamp)
    }

    package var permissions: UInt16?
    package var userID: UInt32?
    package var groupID: UInt32?
    /// In bytes.
    package var size: Int64?
    package var accessed: Time?
    package var modified: Time?

    package init() {}

    /// Nothing changes but what `FileSystem.clearsSetID` says.
    package var isEmpty: Bool { self == AttributeChange() }
}
