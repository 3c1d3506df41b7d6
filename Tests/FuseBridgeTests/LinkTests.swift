import CFuse3
import FileSystemTypes
import FuseBridge
import Glibc
import Synchronization
import Testing

extension MountedTests {
    /// Symbolic links, hard links and special files.
    @Suite(.enabled(if: Mount.obstacle == nil), .timeLimit(.minutes(2)))
    struct LinkTests {
        @Test(arguments: [false, true])
        func symbolicLinksLeadOn(suspends: Bool) async throws {
            let fileSystem = MemoryFileSystem()
            fileSystem.behaviour.withLock { $0.suspends = suspends }
            try await Mount.with(fileSystem) { mount in
                let path = mount.path + "/link"
                try Posix.makeFile(mount.path + "/file", [1, 2, 3])
                try Posix.symlink("file", path)
                let status = try Posix.status(path)
                #expect(status.st_mode == S_IFLNK | 0o777 && status.st_size == 4)
                #expect(try Posix.target(path) == Array("file".utf8))
                #expect(try Posix.contents(path) == [1, 2, 3])
                #expect(fileSystem.count("readlink") == 1, "the kernel remembers where a link leads")
                try Posix.unlink(path)
                #expect(!Posix.exists(path) && Posix.exists(mount.path + "/file"))
            }
        }

        @Test func targetsAreAnyBytesUpToThePathLimit() async throws {
            let fileSystem = MemoryFileSystem()
            try await Mount.with(fileSystem) { mount in
                let longest = String(repeating: "t", count: 4095)
                try Posix.symlink(longest, mount.path + "/long")
                #expect(try Posix.target(mount.path + "/long") == Array(longest.utf8))
                #expect(Posix.failure { () throws(Errno) in try Posix.symlink(longest + "t", mount.path + "/longer") } == .nameTooLong)
                #expect(Posix.failure { () throws(Errno) in try Posix.symlink("", mount.path + "/empty") } == .noSuchFile)
                fileSystem.tree.withLock { tree in
                    for inode in tree.nodes.keys { tree.nodes[inode]?.target = [1, 0, 2] }
                }
                try Posix.symlink("x", mount.path + "/other")
                fileSystem.tree.withLock { tree in
                    for inode in tree.nodes.keys { tree.nodes[inode]?.target = [] }
                }
                #expect(Posix.failure { () throws(Errno) in _ = try Posix.target(mount.path + "/other") } == .inputOutput)
            }
        }

        @Test(arguments: [false, true])
        func hardLinksAreOneFile(suspends: Bool) async throws {
            let fileSystem = MemoryFileSystem()
            fileSystem.behaviour.withLock { $0.suspends = suspends }
            try await Mount.with(fileSystem) { mount in
                let (a, b) = (mount.path + "/a", mount.path + "/b")
                try Posix.makeFile(a, [1])
                try Posix.link(a, b)
                let (first, second) = (try Posix.status(a), try Posix.status(b))
                #expect(first.st_ino == second.st_ino && second.st_nlink == 2)
                #expect(Posix.failure { () throws(Errno) in try Posix.link(a, b) } == .exists)
                try Posix.makeFile(b, [7, 8])
                #expect(try Posix.contents(a) == [7, 8])
                try Posix.unlink(a)
                #expect(try Posix.contents(b) == [7, 8])
            }
        }

        @Test(.enabled(if: geteuid() == 0))
        func specialFilesKeepKindModeAndDevice() async throws {
            let kinds: [(mode_t, dev_t)] = [
                (S_IFIFO, 0), (S_IFSOCK, 0), (S_IFCHR, Self.device(1, 3)), (S_IFBLK, Self.device(259, 0xf_1234)), (S_IFREG, 0),
            ]
            try await Mount.with(MemoryFileSystem()) { mount in
                for (index, (kind, device)) in kinds.enumerated() {
                    let path = "\(mount.path)/\(index)"
                    try Posix.mknod(path, kind | 0o640, device)
                    let status = try Posix.status(path)
                    #expect(status.st_mode == kind | 0o640 && status.st_rdev == device, "\(kind)")
                    #expect(Posix.failure { () throws(Errno) in try Posix.mknod(path, kind | 0o640, device) } == .exists)
                }
                #expect(Shell.output("stat -c %t,%T \(mount.path)/2 \(mount.path)/3") == "1,3\n103,f1234\n")
            }
        }

        /// makedev(3)
        private static func device(_ major: UInt32, _ minor: UInt32) -> dev_t {
            dev_t(minor & 0xff | major << 8 | (minor & 0xfff00) << 12)
        }

        @Test func aPipeAndASocketWork() async throws {
            try await Mount.with(MemoryFileSystem()) { mount in
                try Posix.mkfifo(mount.path + "/pipe", 0o600)
                #expect(Shell.output("cd \(mount.path) && (echo through > pipe & timeout 10 cat pipe)") == "through\n")
                let program =
                    "import socket; s=socket.socket(socket.AF_UNIX); s.bind('s'); s.listen(); c=socket.socket(socket.AF_UNIX); c.connect('s')"
                #expect(Shell.output("cd \(mount.path) && python3 -c \"\(program)\" && stat -c %F s") == "socket\n")
            }
        }

        @Test func errorsArePassedOn() async throws {
            let fileSystem = MemoryFileSystem()
            try await Mount.with(fileSystem) { mount in
                let path = mount.path
                try Posix.makeFile(path + "/file")
                try Posix.symlink("x", path + "/link")
                let calls: [(String, () throws(Errno) -> Void)] = [
                    ("symlink", { () throws(Errno) in try Posix.symlink("x", path + "/new") }),
                    ("readlink", { () throws(Errno) in _ = try Posix.target(path + "/link") }),
                    ("link", { () throws(Errno) in try Posix.link(path + "/file", path + "/new") }),
                    ("mknod", { () throws(Errno) in try Posix.mkfifo(path + "/new", 0o600) }),
                ]
                for (operation, call) in calls {
                    fileSystem.behaviour.withLock { $0.failures = [operation: .quotaExceeded] }
                    #expect(Posix.failure(call) == .quotaExceeded, "\(operation)")
                }
            }
        }
    }
}
