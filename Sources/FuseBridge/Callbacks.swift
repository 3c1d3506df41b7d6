import CFuse3
import FileSystemTypes
import Glibc
import Logging

/// The table of functions that libfuse calls, each on one of its worker threads.
///
/// They are built in a library because closures of a main.swift belong to the main actor and die on any other thread.
///
/// Left out on purpose: ioctl, bmap and poll (no program expects them of a file), and `getlk`, `setlk` and `flock`: without them the kernel
/// keeps the locks of fcntl(2) and flock(2) itself, between the programs that use this mount. Other clients of the bucket do
/// not see them: an object store has no locks to ask for.
enum Callbacks {
    static func table() -> fuse_lowlevel_ops {
        var table = fuse_lowlevel_ops()
        addSession(&table)
        addNames(&table)
        addAttributes(&table)
        addFiles(&table)
        addDirectories(&table)
        addLinks(&table)
        addExtendedAttributes(&table)
        addRanges(&table)
        return table
    }

    private static func addSession(_ table: inout fuse_lowlevel_ops) {
        unsafe table.`init` = { userData, connection in
            guard let connection = unsafe connection else { return }
            let bridge = unsafe Bridge.of(userData: userData)
            unsafe Negotiation.apply(bridge.options, to: &connection.pointee)
            unsafe SetIDClearing.prepare(bridge, connection.pointee)
            bridge.notifier.agree(unsafe connection.pointee.proto_minor)
            bridge.fileSystem.connected(to: bridge.notifier)
            bridge.becameReady()
        }
        unsafe table.destroy = { userData in
            unsafe Bridge.of(userData: userData).logger.debug("the session with the kernel has ended")
        }
    }
}
