import CFuse3
import FileSystemTypes
import Glibc

/// System calls that throw their errno. They block: only for threads of their own.
enum Posix {
    /// fcntl.h: a GNU extension that Swift's Glibc does not see.
    #if arch(arm64)
        static let direct: Int32 = 0o200000
    #else
        static let direct: Int32 = 0o40000
    #endif

    static func check(_ result: Int) throws(Errno) -> Int {
        guard result >= 0 else { throw .current }
        return result
    }

    static func check(_ result: Int32) throws(Errno) {
        guard result >= 0 else { throw .current }
    }

    static func open(_ path: String, _ flags: Int32, _ mode: mode_t = 0o644) throws(Errno) -> Int32 {
        let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, mode)
        try check(descriptor)
        return descriptor
    }

    static func close(_ descriptor: Int32) throws(Errno) {
        try check(Glibc.close(descriptor))
    }

    static func write(_ descriptor: Int32, _ bytes: [UInt8]) throws(Errno) {
        let count = try check(unsafe Glibc.write(descriptor, bytes, bytes.count))
        guard count == bytes.count else { throw .inputOutput }
    }

    static func read(_ descriptor: Int32, at offset: Int, _ count: Int) throws(Errno) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        let count = try check(unsafe pread(descriptor, &buffer, count, offset))
        return Array(buffer.prefix(count))
    }

    static func makeFile(_ path: String, _ bytes: [UInt8] = [], _ mode: mode_t = 0o644) throws(Errno) {
        let descriptor = try open(path, O_WRONLY | O_CREAT | O_TRUNC, mode)
        var failure: Errno?
        do throws(Errno) { try write(descriptor, bytes) } catch { failure = error }
        try close(descriptor)
        if let failure { throw failure }
    }

    static func contents(_ path: String) throws(Errno) -> [UInt8] {
        let descriptor = try open(path, O_RDONLY)
        var result: [UInt8] = []
        while true {
            let part: [UInt8]
            do throws(Errno) {
                part = try read(descriptor, at: result.count, 1 << 20)
            } catch {
                try close(descriptor)
                throw error
            }
            if part.isEmpty { break }
            result += part
        }
        try close(descriptor)
        return result
    }

    static func status(_ path: String) throws(Errno) -> stat {
        var status = stat()
        try check(unsafe lstat(path, &status))
        return status
    }

    static func mkdir(_ path: String, _ mode: mode_t) throws(Errno) { try check(unsafe Glibc.mkdir(path, mode)) }
    static func rmdir(_ path: String) throws(Errno) { try check(unsafe Glibc.rmdir(path)) }
    static func unlink(_ path: String) throws(Errno) { try check(unsafe Glibc.unlink(path)) }
    static func rename(_ path: String, _ newPath: String) throws(Errno) { try check(unsafe Glibc.rename(path, newPath)) }
    static func chmod(_ path: String, _ mode: mode_t) throws(Errno) { try check(unsafe Glibc.chmod(path, mode)) }
    static func chown(_ path: String, _ user: UInt32, _ group: UInt32) throws(Errno) { try check(unsafe Glibc.chown(path, user, group)) }
    static func truncate(_ path: String, _ size: Int) throws(Errno) { try check(unsafe Glibc.truncate(path, size)) }
    static func symlink(_ target: String, _ path: String) throws(Errno) { try check(unsafe Glibc.symlink(target, path)) }
    static func link(_ path: String, _ newPath: String) throws(Errno) { try check(unsafe Glibc.link(path, newPath)) }
    static func mkfifo(_ path: String, _ mode: mode_t) throws(Errno) { try check(unsafe Glibc.mkfifo(path, mode)) }
    static func mknod(_ path: String, _ mode: mode_t, _ device: dev_t) throws(Errno) { try check(unsafe Glibc.mknod(path, mode, device)) }

    static func statistics(_ path: String) throws(Errno) -> statvfs {
        var status = statvfs()
        try check(unsafe statvfs(path, &status))
        return status
    }

    /// utimensat(2); nil sets both times to now.
    static func setTimes(_ path: String, _ times: [timespec]?) throws(Errno) {
        if let times {
            try check(unsafe utimensat(AT_FDCWD, path, times, 0))
        } else {
            try check(unsafe utimensat(AT_FDCWD, path, nil, 0))
        }
    }

    static func exists(_ path: String) -> Bool {
        unsafe Glibc.access(path, F_OK) == 0
    }

    /// The names in a directory without `.` and `..`, as readdir(3) gives them.
    static func list(_ path: String) throws(Errno) -> [[UInt8]] {
        guard let directory = unsafe opendir(path) else { throw .current }
        defer { unsafe closedir(directory) }
        var result: [[UInt8]] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            if name != [46], name != [46, 46] { result.append(name) }
        }
        return result
    }

    /// The errno that `body` throws, nil when it does not.
    static func failure(_ body: () throws(Errno) -> Void) -> Errno? {
        do throws(Errno) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}

/// Commands run by sh(1).
enum Shell {
    /// The exit status of `command`.
    @discardableResult static func run(_ command: String) -> Int32 {
        guard let child = start(command) else { return -1 }
        return wait(child)
    }

    /// What `command` wrote into `file`.
    static func output(_ command: String) -> String {
        let path = Mount.makeFolder()
        defer { run("rm -rf \(path)") }
        run("(\(command)) > \(path)/out 2>&1")
        return (try? Posix.contents(path + "/out")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    static func start(_ command: String) -> pid_t? {
        var words: [UnsafeMutablePointer<CChar>?] = unsafe (["sh", "-c", command] as [String]).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var child: pid_t = 0
        return unsafe posix_spawn(&child, "/bin/sh", nil, nil, &words, environ) == 0 ? child : nil
    }

    /// The status of waitpid(2).
    static func wait(_ child: pid_t) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status
    }
}

/// Looks every few milliseconds until `condition` holds; false when it does not within `limit`.
func eventually(within limit: Duration = .seconds(10), _ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + limit
    while !condition() {
        guard ContinuousClock.now < deadline else { return false }
        usleep(5_000)
    }
    return true
}
