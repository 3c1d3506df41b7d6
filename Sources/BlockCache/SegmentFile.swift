internal import FileSystemTypes
internal import Glibc
internal import LocalFiles

/// An open file of the cache. It is closed with its last reference, so whoever reads may finish after it has been removed.
final class SegmentFile: Sendable {
    /// What fstat(2) tells.
    struct Status {
        let size: Int64
        /// No name leads to the file any more.
        let isRemoved: Bool
    }

    private let descriptor: FileDescriptor

    private init(_ descriptor: FileDescriptor) {
        self.descriptor = descriptor
    }

    deinit {
        // Unlocked first: a child that is just being started has a copy of the descriptor for a moment.
        unlock()
        descriptor.close()
    }

    /// One that exists. Links are not followed, and only regular files are taken.
    static func open(_ path: String, forWriting: Bool = false) throws(Errno) -> SegmentFile {
        let file = SegmentFile(try .open(path, (forWriting ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK))
        guard try file.descriptor.status().st_mode & S_IFMT == S_IFREG else { throw .invalidArgument }
        return file
    }

    /// A new one, which only its owner can read; with `mayExist` also one that is there.
    static func make(_ path: String, mayExist: Bool = false) throws(Errno) -> SegmentFile {
        SegmentFile(try .open(path, O_RDWR | O_CREAT | O_NOFOLLOW | (mayExist ? 0 : O_EXCL)))
    }

    /// Takes the file for this object alone, if nobody has it (flock(2)). The kernel gives it up when the process ends.
    func lock() -> Bool {
        flock(descriptor.number, LOCK_EX | LOCK_NB) == 0
    }

    func unlock() {
        flock(descriptor.number, LOCK_UN)
    }

    func status() throws(Errno) -> Status {
        let status = try descriptor.status()
        return Status(size: Int64(status.st_size), isRemoved: status.st_nlink == 0)
    }

    /// Up to `count` bytes; fewer only at the end.
    func read(at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
        try descriptor.read(at: offset, count: count)
    }

    /// All of `bytes`. After an error a part may be written.
    func write(_ bytes: [UInt8], at offset: Int64) throws(Errno) {
        try descriptor.write(unsafe bytes.span.bytes, at: offset)
    }

    func truncate(to size: Int64) throws(Errno) {
        try descriptor.truncate(to: size)
    }

    /// Takes the space for `size` bytes now, where the file system can.
    func allocate(_ size: Int64) throws(Errno) {
        try descriptor.allocate(size)
    }

    /// These bytes are going to be read (posix_fadvise(2)).
    func willRead(_ range: Range<Int64>) {
        _ = posix_fadvise(descriptor.number, off_t(range.lowerBound), off_t(range.upperBound - range.lowerBound), POSIX_FADV_WILLNEED)
    }

    /// These bytes may go to the disk now, before many of them have gathered in memory.
    func startWriting(_ range: Range<Int64>) {
        descriptor.startWriting(range)
    }
}
