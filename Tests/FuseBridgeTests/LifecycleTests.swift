import FileSystemTypes
import FuseBridge
import Glibc
import Logging
import Synchronization
import Testing

extension MountedTests {
    /// Mounting and unmounting.
    @Suite(.enabled(if: Mount.obstacle == nil), .timeLimit(.minutes(2)))
    struct LifecycleTests {
        @Test func theMountTableNamesSourceAndType() async throws {
            try await Mount.with(MemoryFileSystem()) { mount in
                let line = Shell.output("grep ' \(mount.path) ' /proc/self/mounts")
                #expect(line.hasPrefix("windlass:test/with,\\040comma \(mount.path) fuse.windlass "))
                #expect(line.contains("default_permissions"))
                #expect(line.contains("max_read=1048576"))
            }
        }

        @Test func unmountEndsTheLoop() async throws {
            try await Mount.with(MemoryFileSystem()) { mount in
                #expect(throws: Never.self) { try mount.session.unmount() }
                #expect(mount.waitForEnd() == "ended")
                #expect(throws: Never.self) { try mount.session.unmount() }
            }
        }

        @Test func anUnmountFromOutsideEndsTheLoop() async throws {
            try await Mount.with(MemoryFileSystem()) { mount in
                #expect(Shell.run("fusermount3 -u \(mount.path)") == 0)
                #expect(mount.waitForEnd() == "ended")
            }
        }

        @Test func aBusyMountStaysUntilItIsAbandoned() async throws {
            let fileSystem = MemoryFileSystem()
            try await Mount.with(fileSystem) { mount in
                try Posix.makeFile(mount.path + "/file", [1])
                // The kernel releases a closed file when it likes: the handle counted below must be the reader's.
                #expect(eventually { fileSystem.openHandles == 0 })
                let reader = try #require(Shell.start("exec sleep 60 < \(mount.path)/file"))
                defer {
                    kill(reader, SIGKILL)
                    _ = Shell.wait(reader)
                }
                #expect(eventually { fileSystem.openHandles > 0 })
                #expect(throws: FuseError.busy(path: mount.path)) { try mount.session.unmount() }
                #expect(try Posix.contents(mount.path + "/file") == [1])
                mount.session.abandon()
                #expect(mount.waitForEnd() == "ended")
                #expect(!Posix.exists(mount.path + "/file"))
            }
        }

        @Test func abandoningCancelsWhatHangs() async throws {
            let fileSystem = MemoryFileSystem()
            fileSystem.behaviour.withLock { $0.hangs = "read" }
            try await Mount.with(fileSystem) { mount in
                try Posix.makeFile(mount.path + "/file", [1])
                let child = try #require(Shell.start("exec cat \(mount.path)/file 2> /dev/null"))
                #expect(eventually { fileSystem.record.withLock { $0.hanging } > 0 })
                mount.session.abandon()
                #expect(mount.waitForEnd() == "ended")
                #expect(Shell.wait(child) != 0)
                #expect(fileSystem.record.withLock { $0.cancelled == $0.hanging })
            }
        }

        @Test func aSessionThatNeverMountsGoesAway() throws {
            let folder = Mount.makeFolder()
            defer { unsafe rmdir(folder) }
            for _ in 0..<10 {
                _ = try FuseSession(
                    options: MountOptions(mountPoint: folder, fsName: "never"), fileSystem: MemoryFileSystem(), logger: Logger(label: "test"))
            }
        }

        @Test func anUnknownOptionIsRefused() throws {
            var options = MountOptions(mountPoint: "/nowhere", fsName: "wrong")
            options.extra = ["no_such_option"]
            var failure: FuseError?
            do throws(FuseError) {
                _ = try FuseSession(options: options, fileSystem: MemoryFileSystem(), logger: Logger(label: "test"))
            } catch {
                failure = error
            }
            #expect(failure?.description.contains("no_such_option") == true, "\(String(describing: failure))")
        }
    }
}
