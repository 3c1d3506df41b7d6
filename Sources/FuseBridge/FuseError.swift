package import FileSystemTypes
import Threads

/// What keeps a mount from coming up or going down; `description` is one line that says what to do.
package enum FuseError: Error, Hashable, Sendable {
    case missing(path: String)
    case notDirectory(path: String)
    case notEmpty(path: String)
    /// A file system is mounted there and works.
    case alreadyMounted(path: String, type: String)
    /// A mount whose process is gone.
    case leftover(path: String)
    /// A look at the path did not return.
    case unresponsive(path: String)
    case inaccessible(path: String, Errno)
    case deviceMissing
    case deviceDenied(Errno)
    case helperMissing
    case invalidOption(reason: String)
    case mountFailed(path: String, reason: String)
    case busy(path: String)
    /// No mount of Windlass is there.
    case notMounted(path: String)
    case unmountFailed(path: String, reason: String)
    case loopFailed(code: Int32)
    case noThreads(reason: String)
}

extension FuseError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let path): "mount point \(path) does not exist; create it: mkdir -p \(path)"
        case .notDirectory(let path): "mount point \(path) is not a directory; name an empty directory"
        case .notEmpty(let path): "mount point \(path) is not empty; its files would be hidden: name an empty directory"
        case .alreadyMounted(let path, let type): "\(path) is already a mount point (\(type)); unmount it first: fusermount3 -u \(path)"
        case .leftover(let path): "\(path) is a leftover of a mount whose process is gone; clear it: fusermount3 -uz \(path)"
        case .unresponsive(let path): "\(path) does not answer, a mount there hangs; clear it: fusermount3 -uz \(path)"
        case .inaccessible(let path, let errno): "cannot use mount point \(path): \(errno); check its owner and permissions"
        case .deviceMissing: "/dev/fuse does not exist; load the kernel module (modprobe fuse), or give the container the device"
        case .deviceDenied(let errno): "cannot open /dev/fuse: \(errno); it should be readable and writable by all (chmod 666 /dev/fuse)"
        case .helperMissing: "fusermount3 is not installed; install the package fuse3, or run as root"
        default: runtimeDescription
        }
    }

    private var runtimeDescription: String {
        switch self {
        case .invalidOption(let reason): "libfuse refused the mount options: \(reason); see man mount.fuse3"
        case .mountFailed(let path, let reason): "cannot mount at \(path): \(reason)"
        case .notMounted(let path): "no bucket is mounted at \(path); see: findmnt -t fuse.windlass"
        case .busy(let path): "\(path) is in use; close what uses it (fuser -vm \(path)), or detach it: fusermount3 -uz \(path)"
        case .unmountFailed(let path, let reason): "cannot unmount \(path): \(reason); detach it: fusermount3 -uz \(path)"
        case .loopFailed(let code): "the connection to the kernel broke (\(Errno(code < 0 ? -code : code))); unmount and mount again"
        case .noThreads(let reason): reason
        default: "unknown error"
        }
    }
}
