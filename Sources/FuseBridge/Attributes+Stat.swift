import CFuse3
import FileSystemTypes
import Glibc

extension FileKind {
    /// The type bits of `st_mode` (inode(7)).
    var modeBits: mode_t {
        switch self {
        case .regular: S_IFREG
        case .directory: S_IFDIR
        case .symbolicLink: S_IFLNK
        case .fifo: S_IFIFO
        case .socket: S_IFSOCK
        case .characterDevice: S_IFCHR
        case .blockDevice: S_IFBLK
        }
    }

    var isDevice: Bool { self == .characterDevice || self == .blockDevice }
}

extension Timestamp {
    var timeSpecification: timespec {
        timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
    }

    /// Nil when the nanoseconds are out of range.
    init?(_ value: timespec) {
        guard (0..<1_000_000_000).contains(value.tv_nsec) else { return nil }
        self.init(seconds: Int64(value.tv_sec), nanoseconds: Int32(value.tv_nsec))
    }
}

extension Attributes {
    /// The buffer size that stat suggests to programs, in bytes: without a write-back cache each write(2) is a request.
    private static let preferredTransfer = 1 << 17

    var status: stat {
        var status = stat()
        status.st_ino = UInt(inode.rawValue)
        status.st_mode = kind.modeBits | mode_t(permissions & 0o7777)
        status.st_nlink = nlink_t(linkCount)
        status.st_uid = userID
        status.st_gid = groupID
        status.st_size = Int(size)
        status.st_rdev = kind.isDevice ? dev_t(device.rawValue) : 0
        status.st_blocks = Int(((allocatedSize ?? size) + 511) / 512)
        status.st_blksize = Self.preferredTransfer
        status.st_atim = accessed.timeSpecification
        status.st_mtim = modified.timeSpecification
        status.st_ctim = changed.timeSpecification
        return status
    }
}

extension Duration {
    /// Never negative.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return max(0, Double(seconds) + Double(attoseconds) * 1e-18)
    }
}
