import FileSystemTypes
import FuseBridge
import Glibc
import Synchronization
import Testing

extension MountedTests {
    /// Locks are the kernel's own: they hold between the programs that use this mount, and the file system is not asked.
    @Suite(.enabled(if: Mount.obstacle == nil), .timeLimit(.minutes(2)))
    struct LockTests {
        /// Another process takes `lock` of the file, tells so, and keeps it until it is killed.
        private static func holding(_ lock: String, of path: String, _ body: () throws -> Void) throws {
            let folder = Mount.makeFolder()
            defer { Shell.run("rm -rf \(folder)") }
            let program = "import fcntl,time; f=open('\(path)','r+'); \(lock); open('\(folder)/held','w').close(); time.sleep(60)"
            let child = try #require(Shell.start("exec python3 -c \"\(program)\""))
            defer {
                kill(child, SIGKILL)
                _ = Shell.wait(child)
            }
            #expect(eventually { Posix.exists(folder + "/held") })
            try body()
        }

        @Test func wholeFileLocksExcludeEachOther() async throws {
            try await Mount.with(MemoryFileSystem()) { mount in
                let path = mount.path + "/file"
                try Posix.makeFile(path, [1])
                try Posix.with(path, O_RDWR) { descriptor throws(Errno) in
                    do {
                        try Self.holding("fcntl.flock(f, fcntl.LOCK_EX)", of: path) {
                            #expect(flock(descriptor, LOCK_SH | LOCK_NB) == -1)
                            #expect(Errno.current == .tryAgain)
                        }
                        try Self.holding("fcntl.flock(f, fcntl.LOCK_SH)", of: path) {
                            #expect(flock(descriptor, LOCK_EX | LOCK_NB) == -1)
                            #expect(flock(descriptor, LOCK_SH | LOCK_NB) == 0)
                            #expect(flock(descriptor, LOCK_UN) == 0)
                        }
                    } catch {
                        Issue.record(error)
                    }
                    #expect(eventually { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }, "a killed process loses its lock")
                }
            }
        }

        @Test func rangesOfBytesAreLocked() async throws {
            try await Mount.with(MemoryFileSystem()) { mount in
                let path = mount.path + "/file"
                try Posix.makeFile(path, [UInt8](repeating: 0, count: 100))
                try Self.holding("fcntl.lockf(f, fcntl.LOCK_EX, 10, 20)", of: path) {
                    #expect(Self.lock(path, 25, 10) == false)
                    #expect(Self.lock(path, 30, 10) == true)
                    #expect(Self.lock(path, 0, 20) == true)
                }
                #expect(eventually { Self.lock(path, 25, 10) == true })
            }
        }

        /// Whether a further process gets the bytes, nil when something else is wrong.
        private static func lock(_ path: String, _ offset: Int, _ count: Int) -> Bool? {
            let program =
                "import fcntl,sys; f=open('\(path)','r+')\ntry: fcntl.lockf(f, fcntl.LOCK_EX|fcntl.LOCK_NB, \(count), \(offset))\n"
                + "except BlockingIOError: sys.exit(9)"
            switch Shell.run("python3 -c \"\(program)\"") >> 8 {
            case 0: return true
            case 9: return false
            default: return nil
            }
        }
    }
}
