import CFuse3
import FileSystemTypes
import Glibc
import Threads

/// The checks before a mount, for a clear message while there is still a terminal to print it on.
package enum MountPoint {
    /// The absolute path of `path` without symbolic links, once it is known that a file system can be mounted there.
    ///
    /// Never hangs on a dead mount: what may hang is done on a thread that is left behind after `limit`.
    package static func check(_ path: String, limit: Duration = .seconds(5)) throws(FuseError) -> String {
        try checkDevice()
        try checkHelper()
        let probe = Monitor<Result<String, FuseError>?>(nil)
        do throws(ThreadError) {
            try NamedThread.start("mount-check") {
                let result = inspect(path)
                probe.changeForAll { $0 = result }
            }.detach()
        } catch {
            throw .noThreads(reason: error.description)
        }
        guard let result = probe.wait(atMost: limit, { $0 }) else { throw .unresponsive(path: path) }
        return try result.get()
    }

    /// May hang where a network or FUSE mount hangs.
    private static func inspect(_ path: String) -> Result<String, FuseError> {
        Result { () throws(FuseError) in
            let resolved = try resolve(path)
            if let mount = MountTable.topmost(at: resolved) { throw .alreadyMounted(path: resolved, type: mount.type) }
            try checkEmptyDirectory(resolved)
            if geteuid() != 0, unsafe access(resolved, W_OK) != 0 { throw .inaccessible(path: resolved, .current) }
            return resolved
        }
    }

    private static func resolve(_ path: String) throws(FuseError) -> String {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw failure(path, .current) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notDirectory(path: path) }
        guard let resolved = unsafe realpath(path, nil) else { throw failure(path, .current) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    private static func checkEmptyDirectory(_ path: String) throws(FuseError) {
        guard let directory = unsafe opendir(path) else { throw failure(path, .current) }
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil {
            count += 1
            if count > 2 { throw .notEmpty(path: path) }  // `.` and `..` are always there
        }
    }

    private static func failure(_ path: String, _ errno: Errno) -> FuseError {
        switch errno.code {
        case ENOENT: .missing(path: path)
        case ENOTDIR: .notDirectory(path: path)
        case ENOTCONN, ECONNABORTED: .leftover(path: path)
        default: .inaccessible(path: path, errno)
        }
    }

    private static func checkDevice() throws(FuseError) {
        let descriptor = unsafe open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard descriptor < 0 else {
            close(descriptor)
            return
        }
        let errno = Errno.current
        throw errno == .noSuchFile || errno.code == ENODEV || errno.code == ENXIO ? .deviceMissing : .deviceDenied(errno)
    }

    /// Root mounts with mount(2); everybody else through the set-uid helper.
    private static func checkHelper() throws(FuseError) {
        guard geteuid() != 0 else { return }
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/bin", "/bin", "/usr/local/bin"]
        let found = folders.contains { unsafe access($0 + "/fusermount3", X_OK) == 0 }
        if !found { throw .helperMissing }
    }
}
