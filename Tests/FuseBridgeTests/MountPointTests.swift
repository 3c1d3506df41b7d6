import FileSystemTypes
import FuseBridge
import Glibc
import Testing
import Threads

extension MountedTests {
    /// The checks before a mount.
    @Suite(.enabled(if: Mount.obstacle == nil), .timeLimit(.minutes(1)))
    struct MountPointTests {
        private static func failure(_ path: String, limit: Duration = .seconds(5)) -> FuseError? {
            do throws(FuseError) {
                _ = try MountPoint.check(path, limit: limit)
                return nil
            } catch {
                return error
            }
        }

        @Test func anEmptyDirectoryIsFine() async throws {
            try await OwnThread.run { try Self.tryEmptyDirectory() }
        }

        private static func tryEmptyDirectory() throws {
            let folder = Mount.makeFolder()
            defer { Shell.run("rm -r \(folder) \(folder).link") }
            #expect(try MountPoint.check(folder) == folder)
            try Posix.symlink(folder, folder + ".link")
            #expect(try MountPoint.check(folder + ".link") == folder)
        }

        @Test func whatIsNoEmptyDirectoryIsNamed() async throws {
            try await OwnThread.run { try Self.tryUnfitPaths() }
        }

        private static func tryUnfitPaths() throws {
            let folder = Mount.makeFolder()
            defer { Shell.run("rm -r \(folder)") }
            try Posix.makeFile(folder + "/file")
            #expect(failure(folder) == .notEmpty(path: folder))
            #expect(failure(folder + "/file") == .notDirectory(path: folder + "/file"))
            #expect(failure(folder + "/none") == .missing(path: folder + "/none"))
        }

        @Test func aMountPointInUseIsNamed() async throws {
            try await Mount.with(MemoryFileSystem()) { mount in
                #expect(Self.failure(mount.path) == .alreadyMounted(path: mount.path, type: "fuse.windlass"))
            }
        }

        /// A mount whose process is gone, and one whose process never answers.
        @Test(.enabled(if: geteuid() == 0, "mounting without a helper needs root"), arguments: [false, true])
        func deadMountsAreToldApartWithoutHanging(alive: Bool) async throws {
            try await OwnThread.run { try Self.tryDeadMount(alive: alive) }
        }

        private static func tryDeadMount(alive: Bool) throws {
            let folder = Mount.makeFolder()
            let program =
                "import ctypes,os,time\nf=os.open('/dev/fuse',os.O_RDWR)\nc=ctypes.CDLL(None)\n"
                + "c.mount(b'dead',b'\(folder)',b'fuse',0,('fd=%d,rootmode=40000,user_id=0,group_id=0'%f).encode())\n"
                + (alive ? "time.sleep(60)" : "")
            let child = try #require(Shell.start("exec python3 -c \"\(program)\""))
            defer {
                kill(child, SIGKILL)
                if alive { _ = Shell.wait(child) }
                Shell.run("fusermount3 -uz \(folder); rmdir \(folder)")
            }
            if alive {
                #expect(eventually { Shell.run("grep -q ' \(folder) ' /proc/self/mounts") == 0 })
                #expect(failure(folder, limit: .milliseconds(500)) == .unresponsive(path: folder))
            } else {
                #expect(Shell.wait(child) == 0)
                #expect(failure(folder) == .leftover(path: folder))
            }
        }

        @Test func everyMessageIsOneLineThatSaysWhatToDo() {
            let errors: [FuseError] = [
                .missing(path: "/m"), .notDirectory(path: "/m"), .notEmpty(path: "/m"), .alreadyMounted(path: "/m", type: "ext4"),
                .leftover(path: "/m"), .unresponsive(path: "/m"), .inaccessible(path: "/m", .accessDenied), .deviceMissing,
                .deviceDenied(.accessDenied), .helperMissing, .invalidOption(reason: "r"), .mountFailed(path: "/m", reason: "r"), .busy(path: "/m"),
                .unmountFailed(path: "/m", reason: "r"), .loopFailed(code: -EIO), .noThreads(reason: "cannot; do"),
            ]
            for error in errors {
                #expect(!error.description.contains("\n"))
                #expect(error.description.contains(";") || error.description.contains(":"), "\(error)")
            }
        }
    }
}
