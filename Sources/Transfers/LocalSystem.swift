package import FileSystemTypes
internal import Glibc
package import LocalFiles

/// What a file of this machine is.
package struct LocalFacts: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case file
        case folder
        case link
        /// A pipe, a socket or a device.
        case other
    }

    package let kind: Kind
    package let size: Int64
    package let modified: Timestamp
    package let inode: UInt64
    package let device: UInt64
    /// The low twelve bits of `st_mode`.
    package let permissions: UInt16

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        size = Int64(status.st_size)
        modified = Timestamp(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int32(status.st_mtim.tv_nsec))
        inode = UInt64(status.st_ino)
        device = UInt64(status.st_dev)
        permissions = UInt16(status.st_mode & 0o7777)
    }

    package var identity: SourceIdentity { SourceIdentity(size: size, modified: modified, inode: inode) }
}

/// Calls of the local file system by paths in bytes. All of them block for as long as the disk does.
package enum LocalSystem {
    /// stat(2), or lstat(2) where links are not followed.
    package static func facts(_ path: LocalPath, follow: Bool) throws(Errno) -> LocalFacts {
        var status = stat()
        let name = path.characters
        try retrying { follow ? unsafe stat(name, &status) : unsafe lstat(name, &status) }
        return LocalFacts(status)
    }

    package static func facts(_ file: FileDescriptor) throws(Errno) -> LocalFacts {
        LocalFacts(try file.status())
    }

    /// open(2); what it makes, this user's mask decides who may read.
    package static func open(_ path: LocalPath, _ flags: Int32) throws(Errno) -> FileDescriptor {
        let name = path.characters
        return FileDescriptor(try retrying { unsafe Glibc.open(name, flags | O_CLOEXEC, 0o666) })
    }

    package static func makeFolder(_ path: LocalPath) throws(Errno) {
        let name = path.characters
        try retrying { unsafe mkdir(name, 0o777) }
    }

    package static func remove(_ path: LocalPath) throws(Errno) {
        let name = path.characters
        try retrying { unsafe unlink(name) }
    }

    package static func removeFolder(_ path: LocalPath) throws(Errno) {
        let name = path.characters
        try retrying { unsafe rmdir(name) }
    }

    package static func rename(_ path: LocalPath, to target: LocalPath) throws(Errno) {
        let (from, to) = (path.characters, target.characters)
        try retrying { unsafe Glibc.rename(from, to) }
    }

    package static func setModified(_ file: FileDescriptor, _ time: Timestamp) throws(Errno) {
        let moment = timespec(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds))
        let times = [moment, moment]
        try retrying { unsafe futimens(file.number, times) }
    }

    package static func setPermissions(_ file: FileDescriptor, _ permissions: UInt16) throws(Errno) {
        try retrying { fchmod(file.number, mode_t(permissions)) }
    }

    /// The names in a folder are on the disk (fsync(2)).
    package static func syncFolder(_ path: LocalPath) throws(Errno) {
        let folder = try open(path, O_RDONLY | O_DIRECTORY)
        defer { folder.close() }
        try folder.sync()
    }

    /// The names in a folder but `.` and `..`, in no order, and what each is as far as the folder tells.
    package static func names(in folder: LocalPath) throws(Errno) -> [(name: [UInt8], kind: LocalFacts.Kind?)] {
        let path = folder.characters
        guard let stream = unsafe opendir(path) else { throw Errno.current }
        defer { unsafe closedir(stream) }
        var names: [(name: [UInt8], kind: LocalFacts.Kind?)] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                guard errno == 0 else { throw Errno.current }
                return names
            }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            if name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")] { continue }
            names.append((name, kind(unsafe entry.pointee.d_type)))
        }
    }

    private static func kind(_ type: UInt8) -> LocalFacts.Kind? {
        switch Int(type) {
        case Int(DT_REG): .file
        case Int(DT_DIR): .folder
        case Int(DT_LNK): .link
        case Int(DT_UNKNOWN): nil
        default: .other
        }
    }
}

extension FileDescriptor {
    /// All of `bytes` (pwrite(2)).
    func write(_ bytes: ArraySlice<UInt8>, at offset: Int64) throws(Errno) {
        try write(unsafe bytes.span.bytes, at: offset)
    }
}
