import FileSystemTypes
import FuseBridge
import Glibc
import Synchronization
import Testing

extension MountedTests {
    /// Errors, interruptions and lost answers.
    @Suite(.enabled(if: Mount.obstacle == nil), .timeLimit(.minutes(2)))
    struct FailureTests {
        /// Each operation's error reaches the program as it is, whether it was thrown at once or later.
        @Test(arguments: [false, true])
        func errorsArePassedOn(suspends: Bool) async throws {
            let fileSystem = MemoryFileSystem()
            fileSystem.behaviour.withLock { $0.suspends = suspends }
            try await Mount.with(fileSystem) { mount in
                try Posix.makeFile(mount.path + "/file", [1])
                try Posix.mkdir(mount.path + "/folder", 0o755)
                for (operation, call) in Self.calls(mount.path) {
                    fileSystem.behaviour.withLock { $0.failures = [operation: .quotaExceeded] }
                    #expect(Posix.failure(call) == .quotaExceeded, "\(operation)")
                    fileSystem.behaviour.withLock { $0.failures = [:] }
                }
                #expect(eventually { fileSystem.openHandles == 0 })
            }
        }

        private static func calls(_ path: String) -> [(String, () throws(Errno) -> Void)] {
            let file = path + "/file"
            return [
                ("lookup", { () throws(Errno) in _ = try Posix.status(path + "/other") }),
                (
                    "getattr",
                    { () throws(Errno) in
                        usleep(1_100_000); _ = try Posix.status(path)
                    }
                ),
                ("setattr", { () throws(Errno) in try Posix.chmod(file, 0o600) }),
                ("mkdir", { () throws(Errno) in try Posix.mkdir(path + "/new", 0o700) }),
                ("rmdir", { () throws(Errno) in try Posix.rmdir(path + "/folder") }),
                ("unlink", { () throws(Errno) in try Posix.unlink(file) }),
                ("rename", { () throws(Errno) in try Posix.rename(file, path + "/renamed") }),
                ("open", { () throws(Errno) in _ = try Posix.open(file, O_RDONLY) }),
                ("create", { () throws(Errno) in try Posix.makeFile(path + "/created") }),
                ("read", { () throws(Errno) in _ = try Posix.contents(file) }),
                ("writeNow", { () throws(Errno) in try Posix.makeFile(file, [1, 2]) }),
                ("flush", { () throws(Errno) in try Posix.makeFile(file) }),
                ("fsync", { () throws(Errno) in try onFile(file, fsync) }),
                ("fdatasync", { () throws(Errno) in try onFile(file, fdatasync) }),
                ("opendir", { () throws(Errno) in _ = try Posix.list(path + "/folder") }),
                ("fsyncdir", { () throws(Errno) in try onFile(path + "/folder", fsync) }),
                ("statfs", { () throws(Errno) in _ = try Posix.statistics(path) }),
            ]
        }

        private static func onFile(_ path: String, _ call: (Int32) -> Int32) throws(Errno) {
            let descriptor = try Posix.open(path, O_RDONLY)
            let result = call(descriptor)
            let failure = Errno.current
            try Posix.close(descriptor)
            if result != 0 { throw failure }
        }

        /// An operation that forgets to answer costs its caller EIO at once, and nothing else.
        @Test func aDroppedRequestAnswersEIO() async throws {
            let fileSystem = MemoryFileSystem()
            try await Mount.with(fileSystem) { mount in
                try Posix.makeFile(mount.path + "/file", [1])
                mount.session.dropNextReply(to: "mkdir")
                #expect(Posix.failure { () throws(Errno) in try Posix.mkdir(mount.path + "/lost", 0o700) } == .inputOutput)
                try Posix.mkdir(mount.path + "/kept", 0o700)
                #expect(try Posix.contents(mount.path + "/file") == [1])
            }
        }

        /// Killing a program that waits cancels the task of its operation, whichever it is.
        @Test(arguments: [
            ("open", "exec cat FILE"), ("read", "exec dd if=FILE of=/dev/null iflag=direct status=none"), ("fsync", "exec sync FILE"),
            ("mkdir", "exec mkdir FILE.d"), ("opendir", "exec ls FOLDER"),
        ])
        func killingAProgramCancelsItsOperation(operation: String, command: String) async throws {
            let fileSystem = MemoryFileSystem()
            try await Mount.with(fileSystem) { mount in
                try Posix.makeFile(mount.path + "/file", [UInt8](repeating: 1, count: 4096))
                fileSystem.behaviour.withLock { $0.hangs = operation }
                let words = command.split(separator: "FILE", omittingEmptySubsequences: false).joined(separator: mount.path + "/file")
                let child = try #require(
                    Shell.start(words.split(separator: "FOLDER", omittingEmptySubsequences: false).joined(separator: mount.path)))
                #expect(eventually { fileSystem.record.withLock { $0.hanging } == 1 })
                #expect(fileSystem.record.withLock { $0.cancelled } == 0)
                kill(child, SIGKILL)
                #expect(Shell.wait(child) == SIGKILL)
                #expect(eventually { fileSystem.record.withLock { $0.cancelled } == 1 })
                #expect(eventually { fileSystem.openHandles == 0 })
            }
        }

        /// A read through the page cache belongs to the kernel, which does not interrupt it; the program can be killed all the same.
        @Test func aProgramInABufferedReadCanBeKilled() async throws {
            let fileSystem = MemoryFileSystem()
            fileSystem.behaviour.withLock { $0.hangs = "read" }
            try await Mount.with(fileSystem) { mount in
                try Posix.makeFile(mount.path + "/file", [1])
                let child = try #require(Shell.start("exec cat \(mount.path)/file"))
                #expect(eventually { fileSystem.record.withLock { $0.hanging } == 1 })
                kill(child, SIGKILL)
                #expect(Shell.wait(child) == SIGKILL)
                #expect(fileSystem.record.withLock { $0.cancelled } == 0)
            }
            #expect(fileSystem.record.withLock { $0.cancelled } == 1)
        }

        /// A signal with a handler ends a direct read with EINTR.
        @Test func aSignalInterruptsARead() async throws {
            let fileSystem = MemoryFileSystem()
            fileSystem.behaviour.withLock { $0.hangs = "read" }
            try await Mount.with(fileSystem) { mount in
                try Posix.makeFile(mount.path + "/file", [1])
                let program =
                    "import ctypes,signal,os,sys\nsignal.signal(signal.SIGALRM,lambda *a:None); signal.siginterrupt(signal.SIGALRM,True)\n"
                    + "f=os.open('\(mount.path)/file',os.O_RDONLY|os.O_DIRECT); signal.setitimer(signal.ITIMER_REAL,0.3)\n"
                    + "c=ctypes.CDLL(None,use_errno=True); b=ctypes.create_string_buffer(8192)\n"
                    + "r=c.read(f,ctypes.c_void_p((ctypes.addressof(b)+4095)//4096*4096),4096); sys.exit(ctypes.get_errno() if r<0 else 99)"
                let elapsed = ContinuousClock().measure { #expect(Shell.run("python3 -c \"\(program)\"") >> 8 == EINTR) }
                #expect(elapsed < .seconds(20))
                #expect(eventually { fileSystem.record.withLock { $0.cancelled } == 1 })
            }
        }

        /// Interrupts that meet the answer, come before the task is watched, or come too late: nothing is lost or answered twice.
        @Test func interruptsRaceWithAnswers() async throws {
            let fileSystem = MemoryFileSystem()
            fileSystem.behaviour.withLock { $0.delay = .milliseconds(2) }
            try await Mount.with(fileSystem) { mount in
                try Posix.makeFile(mount.path + "/file", [UInt8](repeating: 1, count: 4096))
                for round in 0..<300 {
                    let child = try #require(Shell.start("exec cat \(mount.path)/file > /dev/null"))
                    usleep(UInt32(round % 60 * 100))
                    kill(child, SIGKILL)
                    _ = Shell.wait(child)
                }
                #expect(fileSystem.record.withLock { $0.cancelled } > 0, "no interrupt met a waiting operation")
                #expect(try Posix.contents(mount.path + "/file").count == 4096)
                #expect(eventually { fileSystem.openHandles == 0 })
            }
        }
    }
}
