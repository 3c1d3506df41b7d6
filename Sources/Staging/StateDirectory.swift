internal import FileSystemTypes
internal import Glibc

/// Folders and small files of a state folder. Everything blocks on the local disk.
enum StateDirectory {
    static let journalName = "journal.sqlite"
    static let filesName = "files"
    static let formatName = "format"
    static let format = "windlass state 1\n"

    /// Makes a folder that only its owner can enter, and its name last. One that is there must be like that.
    static func make(_ path: String, in parent: String) throws(StateError) {
        if unsafe mkdir(path, 0o700) == 0 {
            do throws(Errno) {
                try SystemFiles().syncFolder(parent)
            } catch {
                throw .unusable(parent, error)
            }
            return
        }
        let errno = Errno.current
        guard errno == .exists else { throw .unusable(errno == .noSuchFile ? parent : path, errno) }
        try checkPrivate(path)
    }

    private static func checkPrivate(_ path: String) throws(StateError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { throw .unusable(path, Errno.current) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .unusable(path, .notDirectory) }
        guard status.st_uid == geteuid() else {
            throw StateError(.unusable(.notPermitted), "\(path) belongs to user \(status.st_uid); choose another --state-dir")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw StateError(.unusable(.accessDenied), "\(path) is open to other users, and holds what was written; run `chmod 700 \(path)`")
        }
        guard unsafe access(path, R_OK | W_OK | X_OK) == 0 else { throw .unusable(path, Errno.current) }
    }

    /// The names in a folder.
    static func names(in path: String) throws(StateError) -> [String] {
        guard let stream = unsafe opendir(path) else { throw .unusable(path, Errno.current) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Checks which version of the program a folder belongs to, or marks a new one. `isNew`: it has no journal.
    static func checkFormat(of folder: String, isNew: Bool) throws(StateError) {
        let path = "\(folder)/\(formatName)"
        if let found = try content(of: path) {
            guard found == format else {
                throw StateError(
                    .otherFormat,
                    "\(folder) was written by another version of windlass (\(found.prefix(40).filter { $0 != "\n" })); "
                        + "use that version, or choose another --state-dir")
            }
            return
        }
        guard isNew else {
            throw StateError(
                .damaged,
                "\(folder) has a journal but no file \(formatName); nothing was changed. Keep a copy, then run `windlass recover --set-aside`")
        }
        try write(format, to: path, in: folder)
    }

    static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    /// Nil when there is no such file.
    private static func content(of path: String) throws(StateError) -> String? {
        let files = SystemFiles()
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if Errno.current == .noSuchFile { return nil }
            throw .unusable(path, Errno.current)
        }
        defer { files.close(descriptor) }
        do throws(Errno) {
            return String(decoding: try files.read(descriptor, at: 0, count: 4096), as: UTF8.self)
        } catch {
            throw .unusable(path, error)
        }
    }

    /// All of it or nothing, also after a power cut.
    static func write(_ text: String, to path: String, in folder: String) throws(StateError) {
        let files = SystemFiles()
        let draft = path + ".new"
        let bytes = Array(text.utf8)
        do throws(Errno) {
            unsafe _ = unlink(draft)
            let descriptor = try files.open(draft, creating: true)
            defer { files.close(descriptor) }
            try files.write(descriptor, unsafe bytes.span.bytes, at: 0)
            try files.sync(descriptor)
            try files.rename(draft, to: path)
            try files.syncFolder(folder)
        } catch {
            unsafe _ = unlink(draft)
            throw .unusable(folder, error)
        }
    }
}
