import FileSystemTypes
import Staging

/// The calls by which staged bytes reach the disk, with a moment to crash before and after each that changes something.
struct CrashingFiles: FileOperations {
    let base: any FileOperations
    let point: CrashPoint

    func open(_ path: String, creating: Bool) throws(Errno) -> Int32 {
        guard creating else { return try base.open(path, creating: false) }
        return try point.around("staging.create") { () throws(Errno) in try base.open(path, creating: true) }
    }

    func close(_ descriptor: Int32) {
        base.close(descriptor)
    }

    func size(_ descriptor: Int32) throws(Errno) -> Int64 {
        try base.size(descriptor)
    }

    func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
        try base.read(descriptor, at: offset, count: count)
    }

    func write(_ descriptor: Int32, _ bytes: RawSpan, at offset: Int64) throws(Errno) {
        point.reached("staging.write.before")
        try base.write(descriptor, bytes, at: offset)
        point.reached("staging.write.after")
    }

    func sync(_ descriptor: Int32) throws(Errno) {
        try point.around("staging.sync") { () throws(Errno) in try base.sync(descriptor) }
    }

    func syncFolder(_ path: String) throws(Errno) {
        try point.around("staging.folder") { () throws(Errno) in try base.syncFolder(path) }
    }

    func truncate(_ descriptor: Int32, to size: Int64) throws(Errno) {
        try point.around("staging.truncate") { () throws(Errno) in try base.truncate(descriptor, to: size) }
    }

    func punch(_ descriptor: Int32, _ range: ByteRange) throws(Errno) {
        try point.around("staging.punch") { () throws(Errno) in try base.punch(descriptor, range) }
    }

    func rename(_ path: String, to newPath: String) throws(Errno) {
        try base.rename(path, to: newPath)
    }

    func remove(_ path: String) throws(Errno) {
        try point.around("staging.remove") { () throws(Errno) in try base.remove(path) }
    }

    func freeSpace(_ path: String) throws(Errno) -> Int64 {
        try base.freeSpace(path)
    }
}
