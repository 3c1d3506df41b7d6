import FileSystemTypes
import Foundation
import Staging
import Synchronization
import Threads

/// The system's files with a failure at the next sync, or a disk that claims to be nearly full.
final class FaultyFiles: FileOperations {
    private let system = SystemFiles()
    private let nextSync = Mutex<Errno?>(nil)
    private let hold = Mutex<Hold?>(nil)
    private let free = Mutex<Int64?>(nil)

    func failNextSync(with errno: Errno) { nextSync.withLock { $0 = errno } }
    /// The next sync ends when the hold is released.
    func holdNextSync() -> Hold {
        let next = Hold()
        hold.withLock { $0 = next }
        return next
    }
    func setFreeSpace(_ bytes: Int64?) { free.withLock { $0 = bytes } }

    func sync(_ descriptor: Int32) throws(Errno) {
        let failure = nextSync.withLock { failure in
            defer { failure = nil }
            return failure
        }
        if let failure { throw failure }
        let held = hold.withLock { hold in
            defer { hold = nil }
            return hold
        }
        held?.wait()
        try system.sync(descriptor)
    }

    func freeSpace(_ path: String) throws(Errno) -> Int64 {
        if let bytes = free.withLock({ $0 }) { return bytes }
        return try system.freeSpace(path)
    }

    func open(_ path: String, creating: Bool) throws(Errno) -> Int32 { try system.open(path, creating: creating) }
    func close(_ descriptor: Int32) { system.close(descriptor) }
    func size(_ descriptor: Int32) throws(Errno) -> Int64 { try system.size(descriptor) }
    func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(Errno) -> [UInt8] { try system.read(descriptor, at: offset, count: count) }
    func write(_ descriptor: Int32, _ bytes: RawSpan, at offset: Int64) throws(Errno) { try system.write(descriptor, bytes, at: offset) }
    func syncFolder(_ path: String) throws(Errno) { try system.syncFolder(path) }
    func truncate(_ descriptor: Int32, to size: Int64) throws(Errno) { try system.truncate(descriptor, to: size) }
    func punch(_ descriptor: Int32, _ range: ByteRange) throws(Errno) { try system.punch(descriptor, range) }
    func rename(_ path: String, to newPath: String) throws(Errno) { try system.rename(path, to: newPath) }
    func remove(_ path: String) throws(Errno) { try system.remove(path) }
}

/// What a disk that hangs waits for.
final class Hold: Sendable {
    private let isReleased = Monitor(false)

    func release() { isReleased.changeForAll { $0 = true } }

    /// Ends by itself after half a minute, so that a test of who waits for it ends too.
    fileprivate func wait() { isReleased.wait(atMost: .seconds(30)) { $0 ? true : nil } }
}
