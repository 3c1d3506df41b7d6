package import FileSystemTypes

/// The system calls by which staged bytes reach the disk: a seam, so that a test can cut the power between any two of them.
///
/// All of them block on the local disk. A descriptor belongs to whoever opened it.
package protocol FileOperations: Sendable {
    /// For reading and writing (open(2)); with `creating` a new, empty file, which must not exist yet.
    func open(_ path: String, creating: Bool) throws(Errno) -> Int32
    func close(_ descriptor: Int32)
    /// In bytes (fstat(2)).
    func size(_ descriptor: Int32) throws(Errno) -> Int64
    /// Up to `count` bytes; fewer only at the end (pread(2)).
    func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(Errno) -> [UInt8]
    /// All of `bytes` (pwrite(2)). After an error the range may be partly written.
    func write(_ descriptor: Int32, _ bytes: RawSpan, at offset: Int64) throws(Errno)
    /// Until then a power cut may take any of the bytes, and the file's length (fdatasync(2)).
    func sync(_ descriptor: Int32) throws(Errno)
    /// Until then a power cut may take the names of new files, and bring back removed ones (fsync(2) of the folder).
    func syncFolder(_ path: String) throws(Errno)
    func truncate(_ descriptor: Int32, to size: Int64) throws(Errno)
    /// Gives the disk space of a range back; it reads as zeros from then on (fallocate(2), `FALLOC_FL_PUNCH_HOLE`).
    func punch(_ descriptor: Int32, _ range: ByteRange) throws(Errno)
    func rename(_ path: String, to newPath: String) throws(Errno)
    func remove(_ path: String) throws(Errno)
    /// Bytes that an unprivileged process can still write on the disk of `path` (statvfs(3), `f_bavail`).
    func freeSpace(_ path: String) throws(Errno) -> Int64
}
