import Glibc

/// A system call on a file failed.
package struct FileFailure: Error, CustomStringConvertible {
    package let call: String
    package let path: String
    package let code: Int32

    init(_ call: String, _ path: String, _ code: Int32 = errno) {
        self.call = call
        self.path = path
        self.code = code
    }

    var isMissing: Bool { code == ENOENT }

    package var description: String { "\(call) \(path): \(unsafe String(cString: strerror(code)))" }
}

/// An open file. Closes itself.
final class SystemFile: Sendable {
    let descriptor: Int32
    private let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    static func open(_ path: String) throws(FileFailure) -> SystemFile {
        try open(path, O_RDONLY | O_CLOEXEC)
    }

    /// For writing behind the last byte.
    static func openToExtend(_ path: String) throws(FileFailure) -> SystemFile {
        try open(path, O_RDWR | O_APPEND | O_CLOEXEC)
    }

    /// A new file for writing; fails where there is one already.
    static func create(_ path: String, mode: mode_t = 0o644) throws(FileFailure) -> SystemFile {
        try open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    }

    static func open(_ path: String, _ flags: Int32, _ mode: mode_t = 0o644) throws(FileFailure) -> SystemFile {
        while true {
            let descriptor = unsafe Glibc.open(path, flags, mode)
            if descriptor >= 0 { return SystemFile(descriptor: descriptor, path: path) }
            if errno != EINTR { throw FileFailure("open", path) }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(FileFailure) {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileFailure("write", path)
            }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    func write(_ bytes: [UInt8]) throws(FileFailure) {
        let failure = unsafe bytes.withUnsafeBytes { pointer -> FileFailure? in
            do throws(FileFailure) {
                try unsafe write(pointer)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// Fills `buffer` from `offset` on; fewer bytes only at the file's end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileFailure) -> Int {
        var done = 0
        while done < buffer.count {
            let count = unsafe pread(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw FileFailure("read", path)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func read(at offset: Int64, count: Int) throws(FileFailure) -> [UInt8] {
        var failure: FileFailure?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            do throws(FileFailure) {
                done = try unsafe read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Cuts it, or makes it longer by zeros that take no place.
    func resize(_ size: Int64) throws(FileFailure) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            guard errno == EINTR else { throw FileFailure("ftruncate", path) }
        }
    }

    /// In bytes.
    func size() throws(FileFailure) -> Int64 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileFailure("stat", path) }
        return Int64(status.st_size)
    }

    static func readAll(_ path: String) throws(FileFailure) -> [UInt8] {
        let file = try open(path)
        return try file.read(at: 0, count: Int(file.size()))
    }
}

/// Folders and names in them.
enum SystemFolder {
    /// Also where there is such a folder already.
    static func make(_ path: String) throws(FileFailure) {
        guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else { throw FileFailure("mkdir", path) }
    }

    /// The names in a folder without `.` and `..`; none where there is no folder.
    static func names(in path: String) throws(FileFailure) -> [String] {
        guard let folder = unsafe opendir(path) else {
            if errno == ENOENT { return [] }
            throw FileFailure("opendir", path)
        }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe String(cString: UnsafeRawPointer(field).assumingMemoryBound(to: CChar.self))
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Replaces what has the new name.
    static func rename(_ path: String, to newPath: String) throws(FileFailure) {
        guard unsafe Glibc.rename(path, newPath) == 0 else { throw FileFailure("rename", path) }
    }

    /// Also where there is no such file.
    static func unlink(_ path: String) throws(FileFailure) {
        guard unsafe Glibc.unlink(path) == 0 || errno == ENOENT else { throw FileFailure("unlink", path) }
    }

    /// Removes a file or a folder with everything in it.
    static func removeTree(_ path: String) throws(FileFailure) {
        if unsafe Glibc.unlink(path) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw FileFailure("unlink", path) }
        for name in try names(in: path) { try removeTree("\(path)/\(name)") }
        guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw FileFailure("rmdir", path) }
    }
}
