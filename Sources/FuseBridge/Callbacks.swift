import CFuse3
import FileSystemTypes
import Glibc
import Logging

/// The table of functions that libfuse calls, each on one of its worker threads.
///
/// They are built in a library because closures of a main.swift belong to the main actor and die on any other thread.
/// Extended attributes, fallocate, copy_file_range, lseek, ioctl and locks are left out: the kernel then asks once, answers ENOTSUP itself
/// (or does without), and never asks again.
enum Callbacks {
    static func table() -> fuse_lowlevel_ops {
        var table = fuse_lowlevel_ops()
        addSession(&table)
        addNames(&table)
        addAttributes(&table)
        addFiles(&table)
        addDirectories(&table)
        addUnsupported(&table)
        return table
    }

    private static func addSession(_ table: inout fuse_lowlevel_ops) {
        unsafe table.`init` = { userData, connection in
            guard let connection = unsafe connection else { return }
            let bridge = unsafe Bridge.of(userData: userData)
            unsafe Negotiation.apply(bridge.options, to: &connection.pointee)
            bridge.becameReady()
        }
        unsafe table.destroy = { userData in
            unsafe Bridge.of(userData: userData).logger.debug("the session with the kernel has ended")
        }
    }

    /// Operations that a `FileSystem` does not offer. EPERM is what the manual pages give for a file system without them.
    private static func addUnsupported(_ table: inout fuse_lowlevel_ops) {
        unsafe table.symlink = { raw, _, _, _ in unsafe IncomingCall(raw).refuse(.notPermitted) }
        unsafe table.link = { raw, _, _, _ in unsafe IncomingCall(raw).refuse(.notPermitted) }
        unsafe table.readlink = { raw, _ in unsafe IncomingCall(raw).refuse(.invalidArgument) }
    }
}
