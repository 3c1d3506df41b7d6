import CFuse3
import FileSystemTypes
import Glibc

extension Callbacks {
    static func addDirectories(_ table: inout fuse_lowlevel_ops) {
        unsafe table.opendir = { raw, inode, _ in
            let call = unsafe IncomingCall(raw)
            let caller = call.caller
            call.answer("opendir") { fileSystem throws(Errno) in
                try await fileSystem.openDirectory(Inode(inode), for: caller)
            } reply: { request, opened in
                request.reply(opened, .directory, flushes: true)
            }
        }
        addListing(&table)
        unsafe table.fsyncdir = { raw, _, dataOnly, information in
            let call = unsafe IncomingCall(raw)
            guard let handle = unsafe call.handle(information) else { return }
            call.perform("fsyncdir") { fileSystem throws(Errno) in
                try await fileSystem.synchronizeDirectory(handle, dataOnly: dataOnly != 0)
            }
        }
        unsafe table.releasedir = { raw, _, information in
            let call = unsafe IncomingCall(raw)
            guard let handle = unsafe call.handle(information) else { return }
            call.perform("releasedir") { fileSystem throws(Errno) in await fileSystem.releaseDirectory(handle) }
        }
    }

    private static func addListing(_ table: inout fuse_lowlevel_ops) {
        unsafe table.readdir = { raw, _, size, offset, information in
            let call = unsafe IncomingCall(raw)
            guard let handle = unsafe call.handle(information) else { return }
            let cookie = UInt64(bitPattern: Int64(offset))
            call.answer("readdir") { fileSystem throws(Errno) in
                try await fileSystem.readDirectory(handle, after: cookie, limit: DirectoryPage.limit(bytes: size))
            } reply: { request, entries in
                request.reply(entries, size: size)
            }
        }
        unsafe table.readdirplus = { raw, _, size, offset, information in
            let call = unsafe IncomingCall(raw)
            guard let handle = unsafe call.handle(information) else { return }
            let cookie = UInt64(bitPattern: Int64(offset))
            call.answer("readdirplus") { fileSystem throws(Errno) in
                try await fileSystem.readDirectoryPlus(handle, after: cookie, limit: DirectoryPage.limitPlus(bytes: size))
            } reply: { request, entries in
                request.reply(entries, size: size)
            }
        }
    }
}
