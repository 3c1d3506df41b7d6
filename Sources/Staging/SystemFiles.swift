package import FileSystemTypes
internal import Glibc
internal import LocalFiles

/// The calls of the operating system.
package struct SystemFiles: FileOperations {
    package init() {}

    package func open(_ path: String, creating: Bool) throws(Errno) -> Int32 {
        try FileDescriptor.open(path, O_RDWR | (creating ? O_CREAT | O_EXCL : 0)).number
    }

    package func close(_ descriptor: Int32) {
        FileDescriptor(descriptor).close()
    }

    package func size(_ descriptor: Int32) throws(Errno) -> Int64 {
        Int64(try FileDescriptor(descriptor).status().st_size)
    }

    package func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
        try FileDescriptor(descriptor).read(at: offset, count: count)
    }

    package func write(_ descriptor: Int32, _ bytes: RawSpan, at offset: Int64) throws(Errno) {
        try FileDescriptor(descriptor).write(bytes, at: offset)
    }

    package func sync(_ descriptor: Int32) throws(Errno) {
        try FileDescriptor(descriptor).syncData()
    }

    package func syncFolder(_ path: String) throws(Errno) {
        let folder = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        defer { folder.close() }
        try folder.sync()
    }

    package func truncate(_ descriptor: Int32, to size: Int64) throws(Errno) {
        try FileDescriptor(descriptor).truncate(to: size)
    }

    package func punch(_ descriptor: Int32, _ range: ByteRange) throws(Errno) {
        try FileDescriptor(descriptor).punch(range)
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
}
