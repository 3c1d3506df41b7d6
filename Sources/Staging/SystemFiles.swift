internal import CStaging
package import FileSystemTypes
internal import Glibc

/// The calls of the operating system.
package struct SystemFiles: FileOperations {
    package init() {}

    package func open(_ path: String, creating: Bool) throws(Errno) -> Int32 {
        let flags = O_RDWR | O_CLOEXEC | (creating ? O_CREAT | O_EXCL : 0)
        return try retrying { unsafe Glibc.open(path, flags, 0o600) }
    }

    package func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }

    package func size(_ descriptor: Int32) throws(Errno) -> Int64 {
        var status = stat()
        try retrying { unsafe fstat(descriptor, &status) }
        return Int64(status.st_size)
    }

    package func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let space = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = unsafe pread(descriptor, space.baseAddress, space.count, off_t(offset) + off_t(filled))
                if got < 0, Errno.current == .interrupted { continue }
                if got < 0 { failure = Errno.current }
                if got <= 0 { return }
                filled += got
            }
        }
        if let failure { throw failure }
        return bytes
    }

    package func write(_ descriptor: Int32, _ bytes: RawSpan, at offset: Int64) throws(Errno) {
        var done = 0
        while done < bytes.byteCount {
            let rest = bytes.extracting(droppingFirst: done)
            let written = unsafe rest.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset) + off_t(done)) }
            if written < 0, Errno.current == .interrupted { continue }
            if written < 0 { throw Errno.current }
            done += written
        }
    }

    package func sync(_ descriptor: Int32) throws(Errno) {
        try retrying { fdatasync(descriptor) }
    }

    package func syncFolder(_ path: String) throws(Errno) {
        let descriptor = try retrying { unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { close(descriptor) }
        try retrying { fsync(descriptor) }
    }

    package func truncate(_ descriptor: Int32, to size: Int64) throws(Errno) {
        try retrying { ftruncate(descriptor, off_t(size)) }
    }

    package func punch(_ descriptor: Int32, _ range: ByteRange) throws(Errno) {
        try retrying { windlass_punch(descriptor, range.offset, range.count) }
    }

    package func rename(_ path: String, to newPath: String) throws(Errno) {
        try retrying { unsafe Glibc.rename(path, newPath) }
    }

    package func remove(_ path: String) throws(Errno) {
        try retrying { unsafe unlink(path) }
    }

    package func freeSpace(_ path: String) throws(Errno) -> Int64 {
        var status = statvfs()
        try retrying { unsafe statvfs(path, &status) }
        return Int64(clamping: status.f_bavail) * Int64(clamping: status.f_frsize)
    }

    /// The result of a call that says -1 when it fails; one that a signal interrupted is made again.
    @discardableResult private func retrying(_ call: () -> Int32) throws(Errno) -> Int32 {
        while true {
            let result = call()
            if result >= 0 { return result }
            if Errno.current != .interrupted { throw Errno.current }
        }
    }
}
