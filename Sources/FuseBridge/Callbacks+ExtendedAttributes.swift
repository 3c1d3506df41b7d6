import CFuse3
import FileSystemTypes
import Glibc

extension Callbacks {
    static func addExtendedAttributes(_ table: inout fuse_lowlevel_ops) {
        addReading(&table)
        unsafe table.setxattr = { raw, inode, text, value, count, flags in
            let call = unsafe IncomingCall(raw)
            guard let name = unsafe call.attributeName(text) else { return }
            guard count <= ExtendedAttributeLimit.value else { return call.refuse(.tooBig) }
            let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: value, count: count))
            let caller = call.caller
            call.perform("setxattr") { fileSystem throws(Errno) in
                let mode = try ExtendedAttributeMode(flags: flags)
                try await fileSystem.setExtendedAttribute(name, of: Inode(inode), to: bytes, mode: mode, for: caller)
            }
        }
        unsafe table.removexattr = { raw, inode, text in
            let call = unsafe IncomingCall(raw)
            guard let name = unsafe call.attributeName(text) else { return }
            let caller = call.caller
            call.perform("removexattr") { fileSystem throws(Errno) in
                try await fileSystem.removeExtendedAttribute(name, of: Inode(inode), for: caller)
            }
        }
    }

    private static func addReading(_ table: inout fuse_lowlevel_ops) {
        unsafe table.getxattr = { raw, inode, text, size in
            let call = unsafe IncomingCall(raw)
            guard let name = unsafe call.attributeName(text) else { return }
            let caller = call.caller
            call.answer("getxattr") { fileSystem throws(Errno) in
                try await fileSystem.extendedAttribute(name, of: Inode(inode), for: caller)
            } reply: { request, value in
                request.reply(attribute: value, size: size, limit: ExtendedAttributeLimit.value)
            }
        }
        unsafe table.listxattr = { raw, inode, size in
            let call = unsafe IncomingCall(raw)
            let caller = call.caller
            call.answer("listxattr") { fileSystem throws(Errno) in
                try await fileSystem.extendedAttributeNames(of: Inode(inode), for: caller).flatMap { $0.bytes + [0] }
            } reply: { request, list in
                request.reply(attribute: list, size: size, limit: ExtendedAttributeLimit.list)
            }
        }
    }
}

extension Request {
    /// A value or a list of names. With `size` 0 the program asks how long it is (getxattr(2)); ERANGE says that its buffer is too short, E2BIG that
    /// none would do.
    fileprivate consuming func reply(attribute bytes: [UInt8], size: Int, limit: Int) {
        if bytes.count > limit { return fail(.tooBig) }
        if size == 0 {
            _ = send { unsafe fuse_reply_xattr($0, bytes.count) }
        } else if bytes.count > size {
            fail(.outOfRange)
        } else {
            reply(Bytes(bytes), limit: size)
        }
    }
}

extension ExtendedAttributeMode {
    /// The flags of setxattr(2): `XATTR_CREATE` and `XATTR_REPLACE` (sys/xattr.h), EINVAL for others.
    init(flags: Int32) throws(Errno) {
        switch flags {
        case 0: self = .createOrReplace
        case 1: self = .create
        case 2: self = .replace
        default: throw .invalidArgument
        }
    }
}

extension IncomingCall {
    /// The name in the request, or nil after the request was answered with ERANGE, as the kernel does for a name that is too long.
    fileprivate func attributeName(_ text: UnsafePointer<CChar>?) -> ExtendedAttributeName? {
        guard let text = unsafe text else { preconditionFailure("libfuse called back without a name") }
        let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text)))
        guard let name = ExtendedAttributeName(bytes) else {
            refuse(.outOfRange)
            return nil
        }
        return name
    }
}
