import FileSystemTypes
import Glibc

/// The system calls of `DirectoryDriver`, each until it is through.
enum SystemCalls {
    /// open(2), `body`, close(2); an error of close counts, unless `body` failed.
    static func withFile<Result>(
        _ path: [CChar], _ flags: Int32, _ body: (Int32) throws(Errno) -> Result
    ) throws(Errno) -> Result {
        let file = unsafe open(path, flags | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .current }
        let result: Result
        do {
            result = try body(file)
        } catch {
            close(file)
            throw error
        }
        if close(file) != 0 { throw .current }
        return result
    }

    /// pwrite(2), or write(2) where no offset is given.
    static func write(_ file: Int32, _ bytes: [UInt8], at offset: Int64?) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let rest = bytes[done...]
            let count = unsafe rest.withUnsafeBytes { buffer in
                if let offset {
                    unsafe pwrite(file, buffer.baseAddress, buffer.count, off_t(offset) + off_t(done))
                } else {
                    unsafe Glibc.write(file, buffer.baseAddress, buffer.count)
                }
            }
            guard count > 0 else { throw .current }
            done += count
        }
    }

    /// pread(2) until `count` bytes are there or the file ends.
    static func read(_ file: Int32, at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: min(count, 1 << 17))
        while bytes.count < count {
            let wanted = min(buffer.count, count - bytes.count)
            let got = unsafe buffer.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, wanted, off_t(offset) + off_t(bytes.count)) }
            guard got >= 0 else { throw .current }
            if got == 0 { break }
            bytes.append(contentsOf: buffer[..<got])
        }
        return bytes
    }

    /// lstat(2)
    static func stat(_ path: [CChar]) throws(Errno) -> Outcome {
        var status = Glibc.stat()
        guard unsafe lstat(path, &status) == 0 else { throw .current }
        let kind = kind(status.st_mode)
        return .status(kind: kind, size: kind == .directory ? nil : Int64(status.st_size))
    }

    /// opendir(3), readdir(3); what each entry is, lstat tells.
    static func list(_ path: [CChar]) throws(Errno) -> [FileName: FileKind] {
        guard let directory = unsafe opendir(path) else { throw .current }
        defer { unsafe closedir(directory) }
        var names: [FileName: FileKind] = [:]
        while let bytes = unsafe nextName(directory) {
            guard let name = FileName(bytes) else { continue }
            let full = path.dropLast() + ([UInt8(ascii: "/")] + bytes + [0]).map { CChar(bitPattern: $0) }
            guard case .status(let kind, _) = try stat(Array(full)) else { continue }
            names[name] = kind
        }
        return names
    }

    private static func nextName(_ directory: OpaquePointer) -> [UInt8]? {
        guard let entry = unsafe readdir(directory) else { return nil }
        return unsafe withUnsafeBytes(of: &entry.pointee.d_name) { buffer in unsafe Array(buffer.prefix { $0 != 0 }) }
    }

    private static func kind(_ mode: mode_t) -> FileKind {
        switch mode & S_IFMT {
        case S_IFDIR: .directory
        case S_IFLNK: .symbolicLink
        case S_IFIFO: .fifo
        case S_IFSOCK: .socket
        case S_IFCHR: .characterDevice
        case S_IFBLK: .blockDevice
        default: .regular
        }
    }
}
