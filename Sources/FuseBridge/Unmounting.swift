import FileSystemTypes
import Glibc

/// Taking a mount down: umount2(2) as root, else through the set-uid helper fusermount3.
enum Unmounting {
    /// sys/mount.h
    private static let forceFlag: Int32 = 1  // MNT_FORCE
    private static let detachFlag: Int32 = 2  // MNT_DETACH
    private static let noFollowFlag: Int32 = 8  // UMOUNT_NOFOLLOW

    /// Throws `busy` while something uses the mount. Nothing mounted there is what was wanted.
    static func unmount(_ path: String) throws(FuseError) {
        if geteuid() == 0 {
            try unmountAsRoot(path, noFollowFlag)
        } else {
            try runHelper(["-u", path], path)
        }
    }

    /// Takes the mount out of the tree whoever uses it.
    static func detach(_ path: String) throws(FuseError) {
        if geteuid() == 0 {
            try unmountAsRoot(path, noFollowFlag | detachFlag)
        } else {
            try runHelper(["-u", "-z", path], path)
        }
    }

    /// As `detach`; as root everything that waits for answers from the mount fails at once, too.
    static func abort(_ path: String) throws(FuseError) {
        if geteuid() == 0 {
            try unmountAsRoot(path, noFollowFlag | detachFlag | forceFlag)
        } else {
            try detach(path)
        }
    }

    private static func unmountAsRoot(_ path: String, _ flags: Int32) throws(FuseError) {
        guard unsafe umount2(path, flags) != 0 else { return }
        let error = Errno.current
        if error == .invalidArgument { return }
        throw error == .busy ? .busy(path: path) : .unmountFailed(path: path, reason: "\(error)")
    }

    /// fusermount3 tells apart by its message alone why it failed.
    private static func runHelper(_ arguments: [String], _ path: String) throws(FuseError) {
        let (status, message) = try HelperProcess.run("fusermount3", arguments)
        guard status != 0, MountTable.topmost(at: path) != nil else { return }
        throw message.contains("busy") ? .busy(path: path) : .unmountFailed(path: path, reason: message)
    }
}
