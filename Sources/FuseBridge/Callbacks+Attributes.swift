import CFuse3
import FileSystemTypes
import Glibc

extension Callbacks {
    static func addAttributes(_ table: inout fuse_lowlevel_ops) {
        unsafe table.getattr = { raw, inode, information in
            let call = unsafe IncomingCall(raw)
            let handle = unsafe information.map { unsafe Handle($0.pointee.fh) }
            call.answer("getattr") { fileSystem throws(Errno) in
                try await fileSystem.attributes(of: Inode(inode), handle: handle)
            } reply: { request, reply in
                request.reply(reply)
            }
        }
        unsafe table.setattr = { raw, inode, status, valid, information in
            let call = unsafe IncomingCall(raw)
            guard let status = unsafe status else { return call.refuse(.invalidArgument) }
            let change = unsafe AttributeChange(status.pointee, valid: valid)
            let handle = unsafe information.map { unsafe Handle($0.pointee.fh) }
            let caller = call.caller
            call.answer("setattr") { fileSystem throws(Errno) in
                try await fileSystem.setAttributes(change, of: Inode(inode), handle: handle, for: caller)
            } reply: { request, reply in
                request.reply(reply)
            }
        }
        addChecks(&table)
    }

    private static func addChecks(_ table: inout fuse_lowlevel_ops) {
        unsafe table.access = { raw, inode, mask in
            let call = unsafe IncomingCall(raw)
            let caller = call.caller
            call.perform("access") { fileSystem throws(Errno) in
                try await fileSystem.checkAccess(AccessMask(rawValue: mask), of: Inode(inode), for: caller)
            }
        }
        unsafe table.statfs = { raw, _ in
            let call = unsafe IncomingCall(raw)
            call.answer("statfs") { fileSystem throws(Errno) in
                try await fileSystem.statistics()
            } reply: { request, statistics in
                request.reply(statistics)
            }
        }
    }
}
