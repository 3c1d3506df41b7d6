import CFuse3
import FileSystemTypes
import Glibc

extension Callbacks {
    static func addNames(_ table: inout fuse_lowlevel_ops) {
        unsafe table.lookup = { raw, parent, text in
            let call = unsafe IncomingCall(raw)
            if let step = unsafe HandleStep(text) { return Callbacks.resolve(Inode(parent), step, call) }
            guard let name = unsafe call.name(text) else { return }
            let caller = call.caller
            call.answer("lookup") { fileSystem throws(Errno) in
                try await fileSystem.lookup(name, in: Inode(parent), for: caller)
            } reply: { request, found in
                request.reply(found)
            }
        }
        unsafe table.mkdir = { raw, parent, text, mode in
            let call = unsafe IncomingCall(raw)
            guard let name = unsafe call.name(text) else { return }
            let caller = call.caller
            call.answer("mkdir") { fileSystem throws(Errno) in
                try await fileSystem.makeDirectory(name, in: Inode(parent), permissions: UInt16(mode & 0o7777), for: caller)
            } reply: { request, entry in
                request.reply(entry)
            }
        }
        addRemoval(&table)
        addRename(&table)
        addForget(&table)
    }

    /// Which names a lookup has that is for a handle of a file.
    private enum HandleStep: Sendable {
        case itself
        case parent

        /// Nil for every other name.
        init?(_ text: UnsafePointer<CChar>?) {
            guard let text = unsafe text, unsafe text[0] == CChar(UInt8(ascii: ".")) else { return nil }
            if unsafe text[1] == 0 {
                self = .itself
            } else if unsafe text[1] == text[0] && text[2] == 0 {
                self = .parent
            } else {
                return nil
            }
        }
    }

    private static func resolve(_ inode: Inode, _ step: HandleStep, _ call: IncomingCall) {
        let caller = call.caller
        call.answer("lookup") { fileSystem throws(Errno) in
            switch step {
            case .itself: try await fileSystem.resolve(inode, for: caller)
            case .parent: try await fileSystem.resolveParent(of: inode, for: caller)
            }
        } reply: { request, entry in
            request.reply(entry)
        }
    }

    private static func addRemoval(_ table: inout fuse_lowlevel_ops) {
        unsafe table.unlink = { raw, parent, text in
            let call = unsafe IncomingCall(raw)
            guard let name = unsafe call.name(text) else { return }
            let caller = call.caller
            call.perform("unlink") { fileSystem throws(Errno) in
                try await fileSystem.unlink(name, in: Inode(parent), for: caller)
            }
        }
        unsafe table.rmdir = { raw, parent, text in
            let call = unsafe IncomingCall(raw)
            guard let name = unsafe call.name(text) else { return }
            let caller = call.caller
            call.perform("rmdir") { fileSystem throws(Errno) in
                try await fileSystem.removeDirectory(name, in: Inode(parent), for: caller)
            }
        }
    }

    private static func addRename(_ table: inout fuse_lowlevel_ops) {
        unsafe table.rename = { raw, parent, text, newParent, newText, flags in
            let call = unsafe IncomingCall(raw)
            guard let name = unsafe call.name(text), let newName = unsafe call.name(newText) else { return }
            let caller = call.caller
            call.perform("rename") { fileSystem throws(Errno) in
                let mode = try RenameMode(flags: flags)
                try await fileSystem.rename(name, in: Inode(parent), to: newName, in: Inode(newParent), mode: mode, for: caller)
            }
        }
    }

    /// Forgetting is never answered, and never waits.
    private static func addForget(_ table: inout fuse_lowlevel_ops) {
        unsafe table.forget = { raw, inode, count in
            let call = unsafe IncomingCall(raw)
            call.bridge.fileSystem.forget(Inode(inode), count: count)
            call.acknowledge()
        }
        unsafe table.forget_multi = { raw, count, forgets in
            let call = unsafe IncomingCall(raw)
            guard let forgets = unsafe forgets else { return call.acknowledge() }
            for index in 0..<count {
                let item = unsafe forgets[index]
                call.bridge.fileSystem.forget(Inode(item.ino), count: item.nlookup)
            }
            call.acknowledge()
        }
    }
}
