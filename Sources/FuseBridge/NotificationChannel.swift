import CFuse3
import FileSystemTypes
import Glibc

/// A session as the way for notifications (`fuse_lowlevel_notify_*`).
@safe struct NotificationChannel: @unchecked Sendable {  // libfuse lets any thread write to the kernel while the session lives
    private let session: OpaquePointer

    init(_ session: OpaquePointer) {
        unsafe self.session = session
    }

    /// 0, or a negated errno. Blocks while requests hold the locks of what is notified of.
    func send(_ item: NotificationQueue.Item) -> Int32 {
        switch item {
        case .notification(.attributes(let inode)): unsafe fuse_lowlevel_notify_inval_inode(session, inode.rawValue, -1, 0)
        case .notification(.content(let inode, let range)): drop(inode, range)
        case .notification(.name(let name, let parent)): drop(name, parent)
        case .notification(.expiredName(let name, let parent)): expire(name, parent)
        case .notification(.removedName(let name, let parent, let child)): remove(name, parent, child)
        case .notification(.unused(let inodes)): unsafe Pruning.send(inodes, fuse_session_fd(session))
        case .store(let bytes, let inode, let offset): store(bytes, inode, offset)
        }
    }

    /// A length of 0 stands for everything from the offset on.
    private func drop(_ inode: Inode, _ range: ByteRange?) -> Int32 {
        let (offset, count) = (range?.offset ?? 0, range?.count ?? 0)
        if range?.isEmpty == true { return 0 }
        return unsafe fuse_lowlevel_notify_inval_inode(session, inode.rawValue, off_t(offset), off_t(count))
    }

    private func drop(_ name: FileName, _ parent: Inode) -> Int32 {
        name.withCharacters { unsafe fuse_lowlevel_notify_inval_entry(session, parent.rawValue, $0, name.bytes.count) }
    }

    private func expire(_ name: FileName, _ parent: Inode) -> Int32 {
        let result = name.withCharacters {
            unsafe fuse_lowlevel_notify_expire_entry(session, parent.rawValue, $0, name.bytes.count, FUSE_LL_EXPIRE_ONLY)
        }
        return result == -ENOSYS ? drop(name, parent) : result
    }

    private func remove(_ name: FileName, _ parent: Inode, _ child: Inode) -> Int32 {
        name.withCharacters {
            unsafe fuse_lowlevel_notify_delete(session, parent.rawValue, child.rawValue, $0, name.bytes.count)
        }
    }

    private func store(_ bytes: Bytes, _ inode: Inode, _ offset: Int64) -> Int32 {
        var array = bytes.contiguous
        return unsafe array.withUnsafeMutableBytes { buffer in
            var vector = fuse_bufvec()
            vector.count = 1
            unsafe vector.buf.mem = buffer.baseAddress
            unsafe vector.buf.size = buffer.count
            unsafe vector.buf.fd = -1
            return unsafe fuse_lowlevel_notify_store(session, inode.rawValue, off_t(offset), &vector, fuse_buf_copy_flags(rawValue: 0))
        }
    }
}

extension FileName {
    /// Terminated, as libfuse sends it.
    @safe fileprivate func withCharacters<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe (bytes + [0]).withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("a terminated name is never empty") }
            return unsafe body(start.assumingMemoryBound(to: CChar.self))
        }
    }
}
