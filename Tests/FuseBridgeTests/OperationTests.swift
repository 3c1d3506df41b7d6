import FileSystemTypes
import FuseBridge
import Glibc
import Synchronization
import Testing

@Suite(.enabled(if: Mount.obstacle == nil), .timeLimit(.minutes(2)))
struct OperationTests {
    /// Every operation works answered in the callback, and answered after a suspension.
    @Test(arguments: [false, true])
    func filesHoldWhatIsWritten(suspends: Bool) async throws {
        let fileSystem = MemoryFileSystem()
        fileSystem.behaviour.withLock {
            $0.suspends = suspends; $0.declinesWriteNow = suspends
        }
        try await Mount.with(fileSystem) { mount in
            let path = mount.path + "/file"
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            try Posix.makeFile(path, bytes)
            #expect(try Posix.contents(path) == bytes)
            #expect(try Posix.status(path).st_size == bytes.count)
            let descriptor = try Posix.open(path, O_RDWR)
            #expect(fsync(descriptor) == 0)
            #expect(fdatasync(descriptor) == 0)
            try Posix.close(descriptor)
            #expect(fileSystem.count("fsync") == 1)
            #expect(fileSystem.count("fdatasync") == 1)
            #expect(fileSystem.count("flush") >= 2)
            #expect(eventually { fileSystem.openHandles == 0 })
        }
        #expect((fileSystem.count("write") > 0) == suspends)
    }
}
