import CFuse3
import FileSystemTypes
import Glibc

extension Callbacks {
    static func addFiles(_ table: inout fuse_lowlevel_ops) {
        addOpening(&table)
        addCreation(&table)
        addTransfer(&table)
        addClosing(&table)
    }

    private static func addOpening(_ table: inout fuse_lowlevel_ops) {
        unsafe table.open = { raw, inode, information in
            let call = unsafe IncomingCall(raw)
            let options = unsafe OpenOptions(flags: information?.pointee.flags ?? 0)
            let caller = call.caller
            call.answer("open") { fileSystem throws(Errno) in
                try await fileSystem.open(Inode(inode), options: options, for: caller)
            } reply: { request, opened in
                request.reply(opened, .file, flushes: options.writes)
            }
        }
    }

    private static func addCreation(_ table: inout fuse_lowlevel_ops) {
        unsafe table.create = { raw, parent, text, mode, information in
            let call = unsafe IncomingCall(raw)
            guard let name = unsafe call.name(text) else { return }
            let options = unsafe OpenOptions(flags: information?.pointee.flags ?? 0)
            let (permissions, caller) = (UInt16(mode & 0o7777), call.caller)
            call.answer("create") { fileSystem throws(Errno) in
                try await fileSystem.create(name, in: Inode(parent), permissions: permissions, options: options, for: caller)
            } reply: { request, created in
                request.reply(created.entry, created.opened, flushes: options.writes)
            }
        }
    }

    private static func addTransfer(_ table: inout fuse_lowlevel_ops) {
        unsafe table.read = { raw, _, count, offset, information in
            let call = unsafe IncomingCall(raw)
            guard let handle = unsafe call.handle(information) else { return }
            call.read(at: Int64(offset), count: count, handle)
        }
        unsafe table.write = { raw, _, buffer, count, offset, information in
            let call = unsafe IncomingCall(raw)
            guard let handle = unsafe call.handle(information) else { return }
            let bytes = unsafe UnsafeRawBufferPointer(start: buffer, count: count)
            unsafe call.write(bytes, at: Int64(offset), handle)
        }
    }

    private static func addClosing(_ table: inout fuse_lowlevel_ops) {
        unsafe table.flush = { raw, _, information in
            let call = unsafe IncomingCall(raw)
            guard let handle = unsafe call.handle(information) else { return }
            call.perform("flush") { fileSystem throws(Errno) in try await fileSystem.flush(handle) }
        }
        unsafe table.release = { raw, _, information in
            let call = unsafe IncomingCall(raw)
            guard let handle = unsafe call.handle(information) else { return }
            call.perform("release") { fileSystem throws(Errno) in await fileSystem.release(handle) }
        }
        unsafe table.fsync = { raw, _, dataOnly, information in
            let call = unsafe IncomingCall(raw)
            guard let handle = unsafe call.handle(information) else { return }
            call.perform("fsync") { fileSystem throws(Errno) in
                try await fileSystem.synchronize(handle, dataOnly: dataOnly != 0)
            }
        }
    }
}

extension IncomingCall {
    /// What is in memory is answered here, without a task.
    fileprivate func read(at offset: Int64, count: Int, _ handle: Handle) {
        do throws(Errno) {
            if let bytes = try bridge.fileSystem.readNow(handle, at: offset, count: count) { return reply(bytes, limit: count) }
        } catch {
            return refuse(error)
        }
        answer("read") { fileSystem throws(Errno) in
            try await fileSystem.read(handle, at: offset, count: count)
        } reply: { request, bytes in
            request.reply(bytes, limit: count)
        }
    }

    /// First offered as it lies in libfuse's buffer, which is good only during the callback; copied when that is declined.
    fileprivate func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64, _ handle: Handle) {
        do throws(Errno) {
            if unsafe try bridge.fileSystem.writeNow(handle, at: offset, bytes.bytes) {
                return reply(written: bytes.count)
            }
        } catch {
            return refuse(error)
        }
        let (copy, count) = unsafe (Bytes([UInt8](bytes)), bytes.count)
        answer("write") { fileSystem throws(Errno) in
            try await fileSystem.write(handle, at: offset, copy)
        } reply: { request, _ in
            request.reply(written: count)
        }
    }
}
