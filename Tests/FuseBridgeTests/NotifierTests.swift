import CFuse3
import FileSystemTypes
import FuseBridge
import Glibc
import Synchronization
import Testing
import Threads

extension MountedTests {
    /// What the file system tells the kernel.
    @Suite(.enabled(if: Mount.obstacle == nil), .timeLimit(.minutes(2)))
    struct NotifierTests {
        /// The kernel believes everything for a minute: what it learns, it learns from notifications.
        private static func mounted(_ body: @escaping @Sendable (Mount, MemoryFileSystem, any KernelNotifier) throws -> Void) async throws {
            let fileSystem = MemoryFileSystem()
            fileSystem.behaviour.withLock { behaviour in
                behaviour.nameTTL = .seconds(60)
                behaviour.attributeTTL = .seconds(60)
            }
            try await Mount.with(fileSystem) { mount in
                let kernel = try #require(fileSystem.record.withLock { $0.kernel })
                try body(mount, fileSystem, kernel)
            }
        }

        private static func inode(_ path: String) throws -> Inode {
            Inode(UInt64(try Posix.status(path).st_ino))
        }

        @Test func attributes() async throws {
            try await Self.mounted { mount, fileSystem, kernel in
                let path = mount.path + "/file"
                try Posix.makeFile(path, [], 0o600)
                let inode = try Self.inode(path)
                fileSystem.tree.withLock { $0.nodes[inode]?.attributes.permissions = 0o640 }
                #expect(try Posix.status(path).st_mode == S_IFREG | 0o600)
                #expect(kernel.notify(.attributes(inode)))
                #expect(eventually { (try? Posix.status(path).st_mode) == S_IFREG | 0o640 })
            }
        }

        @Test(arguments: [nil, ByteRange(offset: 0, count: 10)])
        func content(range: ByteRange?) async throws {
            try await Self.mounted { mount, fileSystem, kernel in
                let path = mount.path + "/file"
                try Posix.makeFile(path, [1, 1])
                let inode = try Self.inode(path)
                try Posix.with(path, O_RDONLY) { descriptor throws(Errno) in
                    #expect(try Posix.read(descriptor, at: 0, 2) == [1, 1])
                    fileSystem.tree.withLock { $0.nodes[inode]?.content = [2, 2] }
                    #expect(try Posix.read(descriptor, at: 0, 2) == [1, 1])
                    #expect(kernel.notify(.content(inode, range)))
                    #expect(eventually { (try? Posix.read(descriptor, at: 0, 2)) == [2, 2] })
                }
            }
        }

        @Test func theTargetOfALink() async throws {
            try await Self.mounted { mount, fileSystem, kernel in
                let path = mount.path + "/link"
                try Posix.symlink("old", path)
                #expect(try Posix.target(path) == Array("old".utf8))
                let inode = try Self.inode(path)
                fileSystem.tree.withLock { $0.nodes[inode]?.target = Array("new".utf8) }
                #expect(try Posix.target(path) == Array("old".utf8))
                #expect(kernel.notify(.content(inode, nil)))
                #expect(eventually { (try? Posix.target(path)) == Array("new".utf8) })
            }
        }

        @Test(arguments: 0..<3)
        func names(kind: Int) async throws {
            try await Self.mounted { mount, fileSystem, kernel in
                let path = mount.path + "/file"
                try Posix.makeFile(path)
                let (inode, name) = (try Self.inode(path), try #require(FileName(Array("file".utf8))))
                try fileSystem.tree.withLock { tree throws(Errno) in try tree.unlink(name, in: .root) }
                #expect(Posix.exists(path))
                let notification: KernelNotification =
                    switch kind {
                    case 0: .name(name, parent: .root)
                    case 1: .expiredName(name, parent: .root)
                    default: .removedName(name, parent: .root, child: inode)
                    }
                #expect(kernel.notify(notification))
                #expect(eventually { !Posix.exists(path) })
            }
        }

        /// Bytes that the kernel was given are not asked for.
        @Test func storedBytesAreReadWithoutARequest() async throws {
            try await Self.mounted { mount, fileSystem, kernel in
                let path = mount.path + "/file"
                let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
                try Posix.makeFile(path, bytes)
                let inode = try Self.inode(path)
                try Posix.with(path, O_RDONLY) { descriptor throws(Errno) in
                    #expect(kernel.store(Bytes(bytes), of: inode, at: 0))
                    usleep(300_000)
                    #expect(try Posix.read(descriptor, at: 0, 1 << 20) == bytes)
                    #expect(fileSystem.count("read") == 0)
                }
                #expect(!kernel.store(Bytes([UInt8](repeating: 0, count: (1 << 20) + 1)), of: inode, at: 0))
                #expect(!kernel.store(Bytes([1]), of: inode, at: -1))
            }
        }

        @Test func aListingIsKeptUntilItIsOld() async throws {
            try await Self.mounted { mount, fileSystem, kernel in
                fileSystem.behaviour.withLock { $0.cachesListings = true }
                try Posix.makeFile(mount.path + "/file")
                func list() throws -> Int {
                    let before = fileSystem.count("readdir") + fileSystem.count("readdirplus")
                    #expect(try Posix.list(mount.path).count == 1)
                    return fileSystem.count("readdir") + fileSystem.count("readdirplus") - before
                }
                #expect(try list() > 0)
                #expect(try list() == 0)
                #expect(kernel.notify(.content(.root, nil)))
                usleep(300_000)
                #expect(try list() > 0)
            }
        }

        /// The kernel forgets what nobody uses, folders among it; not what is open, nor where somebody works.
        @Test func whatIsUnusedIsForgotten() async throws {
            try await Self.mounted { mount, fileSystem, kernel in
                // Kernels before Linux 6.18 do not know how.
                guard kernel.prunes else { return }
                for name in ["file", "open"] { try Posix.makeFile(mount.path + "/" + name) }
                for name in ["folder", "work"] { try Posix.mkdir(mount.path + "/" + name, 0o755) }
                let inodes = try ["file", "folder", "open", "work"].map { try Self.inode(mount.path + "/" + $0) }
                func held() -> [Bool] { fileSystem.tree.withLock { tree in inodes.map { tree.nodes[$0]?.references ?? 0 > 0 } } }
                let child = try #require(Shell.start("cd \(mount.path)/work && exec sleep 60"))
                defer {
                    kill(child, SIGKILL)
                    _ = Shell.wait(child)
                }
                #expect(eventually { (try? Posix.target("/proc/\(child)/cwd")) == Array((mount.path + "/work").utf8) })
                try Posix.with(mount.path + "/open", O_RDONLY) { _ in
                    #expect(held() == [true, true, true, true])
                    #expect(kernel.notify(.unused(inodes)))
                    #expect(eventually { held() == [false, false, true, true] })
                }
                #expect(try Posix.target("/proc/\(child)/cwd") == Array((mount.path + "/work").utf8))
                #expect(try Self.inode(mount.path + "/file") == inodes[0])
            }
        }

        /// A request holds the lock of its directory; what waits for it in the kernel neither stops the mount nor its end.
        @Test func anEndWithANotificationOnItsWay() async throws {
            try await Self.mounted { mount, fileSystem, kernel in
                fileSystem.behaviour.withLock { $0.hangs = "mkdir" }
                let child = try #require(Shell.start("exec mkdir \(mount.path)/new 2> /dev/null"))
                #expect(eventually { fileSystem.record.withLock { $0.hanging } == 1 })
                let name = try #require(FileName(Array("other".utf8)))
                #expect(kernel.notify(.name(name, parent: .root)))
                usleep(300_000)
                // The thread is held up, so the queue fills: one that waits already counts once.
                var accepted = 0
                while accepted < 10_000, kernel.notify(.attributes(Inode(UInt64(1000 + accepted)))) { accepted += 1 }
                #expect(accepted == KernelNotifierLimit.queued)
                #expect(kernel.notify(.attributes(Inode(1000))))
                #expect(try Posix.statistics(mount.path).f_namemax == 255)
                let elapsed = ContinuousClock().measure {
                    mount.session.abandon()
                    #expect(mount.waitForEnd() == "ended")
                }
                #expect(elapsed < .seconds(5))
                #expect(Shell.wait(child) != 0)
                #expect(!kernel.notify(.attributes(.root)))
                #expect(!kernel.store(Bytes([1]), of: .root, at: 0))
            }
        }

        /// A mount goes at once, whatever is being sent.
        @Test func anEndAmongNotifications() async throws {
            for _ in 0..<10 {
                try await Self.mounted { mount, fileSystem, kernel in
                    let path = mount.path + "/file"
                    try Posix.makeFile(path, [1, 2, 3])
                    let inode = try Self.inode(path)
                    #expect(eventually { fileSystem.openHandles == 0 })
                    let name = try #require(FileName(Array("file".utf8)))
                    let sender = try NamedThread.start("test-notify") {
                        for _ in 0..<2_000_000 {
                            kernel.notify(.content(inode, nil))
                            kernel.notify(.expiredName(name, parent: .root))
                            kernel.store(Bytes([1, 2, 3]), of: inode, at: 0)
                            if !kernel.notify(.attributes(.root)), mount.waitForEnd(.zero) != nil { break }
                        }
                    }
                    usleep(20_000)
                    let elapsed = ContinuousClock().measure {
                        #expect(throws: Never.self) { try mount.session.unmount() }
                        #expect(mount.waitForEnd() == "ended")
                    }
                    #expect(elapsed < .seconds(5))
                    sender.join()
                }
            }
        }
    }
}
