import CFuse3
import FileSystemTypes
import FuseBridge
import Glibc
import Synchronization
import Testing

extension MountedTests {
    /// What programs get for their system calls. Each runs answered in the callback, and answered after a suspension.
    @Suite(.enabled(if: Mount.obstacle == nil), .timeLimit(.minutes(2)))
    struct OperationTests {
        private static func fileSystem(suspends: Bool) -> MemoryFileSystem {
            let fileSystem = MemoryFileSystem()
            fileSystem.behaviour.withLock { behaviour in
                behaviour.suspends = suspends
                behaviour.declinesWriteNow = suspends
            }
            return fileSystem
        }

        @Test(arguments: [false, true])
        func filesHoldWhatIsWritten(suspends: Bool) async throws {
            let fileSystem = Self.fileSystem(suspends: suspends)
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

        @Test(arguments: [false, true])
        func directoriesComeAndGo(suspends: Bool) async throws {
            let fileSystem = Self.fileSystem(suspends: suspends)
            try await Mount.with(fileSystem) { mount in
                let folder = mount.path + "/folder"
                try Posix.mkdir(folder, 0o750)
                #expect(try Posix.status(folder).st_mode == S_IFDIR | 0o750)
                try Posix.makeFile(folder + "/a")
                try Posix.makeFile(folder + "/b")
                #expect(try Set(Posix.list(folder)) == [[97], [98]])
                #expect(Posix.failure { () throws(Errno) in try Posix.rmdir(folder) } == .notEmpty)
                let descriptor = try Posix.open(folder, O_RDONLY | O_DIRECTORY)
                #expect(fsync(descriptor) == 0)
                try Posix.close(descriptor)
                try Posix.unlink(folder + "/a")
                try Posix.unlink(folder + "/b")
                try Posix.rmdir(folder)
                #expect(!Posix.exists(folder))
                #expect(fileSystem.count("fsyncdir") == 1)
            }
        }

        @Test(arguments: [false, true])
        func renameHasThreeModes(suspends: Bool) async throws {
            let fileSystem = Self.fileSystem(suspends: suspends)
            try await Mount.with(fileSystem) { mount in
                let (a, b) = (mount.path + "/a", mount.path + "/b")
                try Posix.makeFile(a, [1])
                try Posix.makeFile(b, [2])
                #expect(Self.rename(a, b, flags: 2) == 0)  // RENAME_EXCHANGE
                #expect(try Posix.contents(a) == [2])
                #expect(try Posix.contents(b) == [1])
                #expect(Self.rename(a, b, flags: 1) == EEXIST)  // RENAME_NOREPLACE
                #expect(Self.rename(a, b, flags: 4) == EINVAL)  // RENAME_WHITEOUT
                #expect(Self.rename(a, b, flags: 0) == 0)
                #expect(try Posix.contents(b) == [2])
                #expect(!Posix.exists(a))
            }
        }

        /// renameat2(2) needs a definition that Swift's Glibc does not see.
        private static func rename(_ from: String, _ to: String, flags: Int) -> Int32 {
            let program =
                "import ctypes,os,sys; c=ctypes.CDLL(None,use_errno=True);"
                + "r=c.renameat2(-100,b'\(from)',-100,b'\(to)',\(flags)); sys.exit(ctypes.get_errno() if r else 0)"
            return Shell.run("python3 -c \"\(program)\"") >> 8
        }

        @Test(arguments: [false, true])
        func attributesChange(suspends: Bool) async throws {
            let fileSystem = Self.fileSystem(suspends: suspends)
            try await Mount.with(fileSystem) { mount in
                let path = mount.path + "/file"
                try Posix.makeFile(path, [1, 2, 3, 4])
                try Posix.chmod(path, 0o4711)
                #expect(try Posix.status(path).st_mode == S_IFREG | 0o4711)
                try Posix.truncate(path, 2)
                #expect(try Posix.contents(path) == [1, 2])
                let times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 123_456_789), timespec(tv_sec: -1, tv_nsec: 5)]
                try Posix.setTimes(path, times)
                let status = try Posix.status(path)
                #expect(status.st_atim.tv_sec == 1_000_000_000 && status.st_atim.tv_nsec == 123_456_789)
                #expect(status.st_mtim.tv_sec == -1 && status.st_mtim.tv_nsec == 5)
                try Posix.setTimes(path, nil)
                let changes = fileSystem.record.withLock { $0.changes }
                #expect(changes.last?.modified == .now && changes.last?.accessed == .now)
                #expect(changes.contains { $0.size == 2 })
                if geteuid() == 0 {
                    try Posix.chown(path, 12, 34)
                    let owned = try Posix.status(path)
                    #expect(owned.st_uid == 12 && owned.st_gid == 34)
                }
            }
        }

        @Test func openTellsWhatWasAskedFor() async throws {
            let fileSystem = MemoryFileSystem()
            try await Mount.with(fileSystem) { mount in
                let path = mount.path + "/file"
                try Posix.makeFile(path, [1, 2, 3])
                try Posix.close(try Posix.open(path, O_RDWR | O_TRUNC))
                try Posix.close(try Posix.open(path, O_WRONLY | O_APPEND))
                let opened = fileSystem.record.withLock { $0.opened }
                #expect(opened.first == OpenOptions(mode: .readWrite, truncate: true))
                #expect(opened.last == OpenOptions(mode: .writeOnly, append: true))
                #expect(fileSystem.count("setattr") == 0, "truncating belongs to open")
                #expect(try Posix.status(path).st_size == 0)
            }
        }

        @Test func theUmaskIsApplied() async throws {
            try await Mount.with(MemoryFileSystem()) { mount in
                #expect(Shell.run("umask 027; touch \(mount.path)/f; mkdir \(mount.path)/d") == 0)
                let (file, folder) = (try Posix.status(mount.path + "/f"), try Posix.status(mount.path + "/d"))
                #expect(file.st_mode == S_IFREG | 0o640)
                #expect(folder.st_mode == S_IFDIR | 0o750)
            }
        }

        @Test func statisticsArePassedOn() async throws {
            try await Mount.with(MemoryFileSystem()) { mount in
                let status = try Posix.statistics(mount.path)
                #expect(status.f_blocks == 1 << 20 && status.f_bavail == 1 << 19)
                #expect(status.f_bsize == 4096 && status.f_namemax == 255)
                #expect(status.f_files == 1000 && status.f_ffree == 900)
            }
        }

        @Test func whatAFileSystemDoesNotOfferIsRefusedClearly() async throws {
            try await Mount.with(PlainFileSystem()) { mount in
                let path = mount.path + "/file"
                try Posix.makeFile(path)
                #expect(Posix.failure { () throws(Errno) in try Posix.symlink("x", mount.path + "/link") } == .notPermitted)
                #expect(Posix.failure { () throws(Errno) in try Posix.link(path, mount.path + "/hard") } == .notPermitted)
                #expect(Posix.failure { () throws(Errno) in try Posix.mkfifo(mount.path + "/fifo", 0o600) } == .notPermitted)
                try Posix.mknod(mount.path + "/regular", S_IFREG | 0o600, 0)
                #expect(try Posix.status(mount.path + "/regular").st_mode == S_IFREG | 0o600)
            }
        }

        @Test func namesThatAreTooLongAreRefused() async throws {
            try await Mount.with(MemoryFileSystem()) { mount in
                let longest = mount.path + "/" + String(repeating: "n", count: 255)
                try Posix.makeFile(longest)
                #expect(Posix.exists(longest))
                let creation = Posix.failure { () throws(Errno) in try Posix.makeFile(longest + "n") }
                let lookup = Posix.failure { () throws(Errno) in _ = try Posix.status(longest + "n") }
                #expect(creation == .nameTooLong && lookup == .nameTooLong)
            }
        }

        @Test func aReadInManyPiecesIsTheSame() async throws {
            for pieces in [2, 17, 64, 5000] {
                let fileSystem = MemoryFileSystem()
                fileSystem.behaviour.withLock { $0.readPieces = pieces }
                try await Mount.with(fileSystem) { mount in
                    let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 / 7) }
                    try Posix.makeFile(mount.path + "/file", bytes)
                    #expect(try Posix.contents(mount.path + "/file") == bytes)
                }
            }
        }

        /// A name that is not there is asked for once within its time.
        @Test func absenceIsRemembered() async throws {
            let fileSystem = MemoryFileSystem()
            try await Mount.with(fileSystem) { mount in
                for _ in 0..<5 { #expect(!Posix.exists(mount.path + "/absent")) }
                #expect(fileSystem.count("lookup") == 1)
                usleep(150_000)
                #expect(!Posix.exists(mount.path + "/absent"))
                #expect(fileSystem.count("lookup") == 2)
            }
        }

        @Test func aReadOnlyMountRefusesWrites() async throws {
            try await Mount.with(MemoryFileSystem(), configure: { $0.readOnly = true }) { mount in
                #expect(Posix.failure { () throws(Errno) in try Posix.makeFile(mount.path + "/file") } == .readOnly)
            }
        }
    }
}
