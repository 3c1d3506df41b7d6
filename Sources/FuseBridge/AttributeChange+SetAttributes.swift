import CFuse3
import FileSystemTypes
import Glibc

extension AttributeChange {
    /// What a setattr request asks for. Bits that carry no value of their own (`FUSE_SET_ATTR_FORCE`, `_FILE`, `_OPEN`...) are ignored,
    /// and so is the change time, which the file system keeps itself.
    init(_ status: stat, valid: Int32) {
        self.init()
        if valid & FUSE_SET_ATTR_MODE != 0 { permissions = UInt16(status.st_mode & 0o7777) }
        if valid & FUSE_SET_ATTR_UID != 0 { userID = status.st_uid }
        if valid & FUSE_SET_ATTR_GID != 0 { groupID = status.st_gid }
        if valid & FUSE_SET_ATTR_SIZE != 0 { size = Int64(status.st_size) }
        accessed = Self.time(status.st_atim, valid, at: FUSE_SET_ATTR_ATIME, now: FUSE_SET_ATTR_ATIME_NOW)
        modified = Self.time(status.st_mtim, valid, at: FUSE_SET_ATTR_MTIME, now: FUSE_SET_ATTR_MTIME_NOW)
    }

    private static func time(_ value: timespec, _ valid: Int32, at: Int32, now: Int32) -> Time? {
        if valid & now != 0 { return .now }
        guard valid & at != 0, let moment = Timestamp(value) else { return nil }
        return .at(moment)
    }
}
