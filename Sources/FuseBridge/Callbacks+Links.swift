import CFuse3
import FileSystemTypes
import Glibc

/// What a symbolic link leads to.
private enum LinkTarget {
    /// `PATH_MAX` without the NUL.
    static let maximumBytes = 4095
}

extension Callbacks {
    static func addLinks(_ table: inout fuse_lowlevel_ops) {
        addSymbolicLinks(&table)
        unsafe table.link = { raw, inode, parent, text in
            let call = unsafe IncomingCall(raw)
            guard let name = unsafe call.name(text) else { return }
            let caller = call.caller
            call.answer("link") { fileSystem throws(Errno) in
                try await fileSystem.link(Inode(inode), as: name, in: Inode(parent), for: caller)
            } reply: { request, entry in
                request.reply(entry)
            }
        }
        unsafe table.mknod = { raw, parent, text, mode, device in
            let call = unsafe IncomingCall(raw)
            guard let kind = FileKind(nodeMode: mode) else { return call.refuse(.invalidArgument) }
            guard let name = unsafe call.name(text) else { return }
            let (permissions, caller) = (UInt16(mode & 0o7777), call.caller)
            let number = kind.isDevice ? DeviceNumber(rawValue: UInt32(truncatingIfNeeded: device)) : .none
            call.answer("mknod") { fileSystem throws(Errno) in
                try await fileSystem.makeNode(name, in: Inode(parent), kind: kind, permissions: permissions, device: number, for: caller)
            } reply: { request, entry in
                request.reply(entry)
            }
        }
    }

    private static func addSymbolicLinks(_ table: inout fuse_lowlevel_ops) {
        unsafe table.symlink = { raw, target, parent, text in
            let call = unsafe IncomingCall(raw)
            guard let name = unsafe call.name(text) else { return }
            let length = unsafe target.map { unsafe strlen($0) } ?? 0
            guard length > 0 else { return call.refuse(.noSuchFile) }
            guard length <= LinkTarget.maximumBytes else { return call.refuse(.nameTooLong) }
            let (bytes, caller) = unsafe ([UInt8](UnsafeRawBufferPointer(start: target, count: length)), call.caller)
            call.answer("symlink") { fileSystem throws(Errno) in
                try await fileSystem.makeSymbolicLink(name, in: Inode(parent), to: bytes, for: caller)
            } reply: { request, entry in
                request.reply(entry)
            }
        }
        unsafe table.readlink = { raw, inode in
            let call = unsafe IncomingCall(raw)
            call.answer("readlink") { fileSystem throws(Errno) in
                let target = try await fileSystem.readSymbolicLink(Inode(inode))
                guard (1...LinkTarget.maximumBytes).contains(target.count), !target.contains(0) else { throw .inputOutput }
                return target
            } reply: { request, target in
                request.reply(Bytes(target), limit: target.count)
            }
        }
    }
}

extension FileKind {
    /// What mknod(2) can make; no type at all stands for a regular file.
    fileprivate init?(nodeMode mode: mode_t) {
        switch mode & S_IFMT {
        case 0, S_IFREG: self = .regular
        case S_IFIFO: self = .fifo
        case S_IFSOCK: self = .socket
        case S_IFCHR: self = .characterDevice
        case S_IFBLK: self = .blockDevice
        default: return nil
        }
    }
}
