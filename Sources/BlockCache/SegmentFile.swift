internal import CStaging
internal import FileSystemTypes
internal import Glibc

/// An open file of the cache. It is closed with its last reference, so whoever reads may finish after it has been removed.
final class SegmentFile: Sendable {
    /// What fstat(2) tells.
    struct Status {
        let size: Int64
        /// No name leads to the file any more.
        let isRemoved: Bool
    }

    private let descriptor: Int32

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        // Unlocked first: a child that is just being started has a copy of the descriptor for a moment.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// One that exists (open(2)). Links are not followed, and only regular files are taken.
    static func open(_ path: String, forWriting: Bool = false) throws(Errno) -> SegmentFile {
        let flags = (forWriting ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let file = SegmentFile(try retrying { unsafe Glibc.open(path, flags) })
        var status = stat()
        try retrying { unsafe fstat(file.descriptor, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .invalidArgument }
        return file
    }

    /// A new one, which only its owner can read; with `mayExist` also one that is there.
    static func make(_ path: String, mayExist: Bool = false) throws(Errno) -> SegmentFile {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (mayExist ? 0 : O_EXCL)
        return SegmentFile(try retrying { unsafe Glibc.open(path, flags, 0o600) })
    }

    /// Takes the file for this object alone, if nobody has it (flock(2)). The kernel gives it up when the process ends.
    func lock() -> Bool {
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    func unlock() {
        flock(descriptor, LOCK_UN)
    }

    func status() throws(Errno) -> Status {
        var status = stat()
        try Self.retrying { unsafe fstat(descriptor, &status) }
        return Status(size: Int64(status.st_size), isRemoved: status.st_nlink == 0)
    }

    /// Up to `count` bytes; fewer only at the end (pread(2)).
    func read(at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
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

    /// All of `bytes` (pwrite(2)). After an error a part may be written.
    func write(_ bytes: [UInt8], at offset: Int64) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                return unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
            }
            if written < 0, Errno.current == .interrupted { continue }
            if written < 0 { throw Errno.current }
            done += written
        }
    }

    func truncate(to size: Int64) throws(Errno) {
        try Self.retrying { ftruncate(descriptor, off_t(size)) }
    }

    /// Takes the space for `size` bytes now, where the file system can (fallocate(2)).
    func allocate(_ size: Int64) throws(Errno) {
        do throws(Errno) {
            try Self.retrying { windlass_allocate(descriptor, size) }
        } catch {
            guard error == .notSupported || error == .notImplemented else { throw error }
        }
    }

    /// These bytes are going to be read (posix_fadvise(2)).
    func willRead(_ range: Range<Int64>) {
        _ = posix_fadvise(descriptor, off_t(range.lowerBound), off_t(range.upperBound - range.lowerBound), POSIX_FADV_WILLNEED)
    }

    /// These bytes may go to the disk now, before many of them have gathered in memory.
    func startWriting(_ range: Range<Int64>) {
        _ = windlass_start_writing(descriptor, range.lowerBound, range.upperBound - range.lowerBound)
    }

    @discardableResult private static func retrying(_ call: () -> Int32) throws(Errno) -> Int32 {
        while true {
            let result = call()
            if result >= 0 { return result }
            if Errno.current != .interrupted { throw Errno.current }
        }
    }
}
