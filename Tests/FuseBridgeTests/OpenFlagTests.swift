import FileSystemTypes
import FuseBridge
import Glibc
import Synchronization
import Testing

extension MountedTests {
    /// What of open(2), the umask and the caller reaches the file system.
    @Suite(.enabled(if: Mount.obstacle == nil), .timeLimit(.minutes(2)))
    struct OpenFlagTests {
        @Test func durabilityAndDirectReachOpen() async throws {
            let fileSystem = MemoryFileSystem()
            try await Mount.with(fileSystem) { mount in
                let path = mount.path + "/file"
                try Posix.makeFile(path)
                for flags in [O_SYNC, O_DSYNC, Posix.direct, O_APPEND | O_DSYNC | Posix.direct] {
                    try Posix.with(path, O_WRONLY | flags) { _ throws(Errno) in }
                }
                #expect(
                    fileSystem.record.withLock { $0.opened } == [
                        OpenOptions(mode: .writeOnly, durability: .dataAndAttributes), OpenOptions(mode: .writeOnly, durability: .data),
                        OpenOptions(mode: .writeOnly, direct: true), OpenOptions(mode: .writeOnly, append: true, direct: true, durability: .data),
                    ])
            }
        }

        /// What `OpenOptions.Durability` says of the kernel.
        @Test func theKernelSynchronizesEachWrite() async throws {
            let fileSystem = MemoryFileSystem()
            try await Mount.with(fileSystem) { mount in
                let path = mount.path + "/file"
                try Posix.makeFile(path)
                try Posix.with(path, O_WRONLY | O_SYNC) { descriptor throws(Errno) in try Posix.write(descriptor, [1]) }
                #expect(fileSystem.count("fsync") == 1 && fileSystem.count("fdatasync") == 0)
                try Posix.with(path, O_WRONLY | O_DSYNC) { descriptor throws(Errno) in try Posix.write(descriptor, [1]) }
                #expect(fileSystem.count("fsync") == 1 && fileSystem.count("fdatasync") == 1)
                try Posix.with(path, O_WRONLY | O_SYNC | Posix.direct) { descriptor throws(Errno) in try Posix.write(descriptor, [1]) }
                #expect(fileSystem.count("fsync") == 2 && fileSystem.count("fdatasync") == 1)
            }
        }

        /// Closing what was only read is no request that the program waits for.
        @Test func readersAreNotFlushed() async throws {
            let fileSystem = MemoryFileSystem()
            try await Mount.with(fileSystem) { mount in
                try Posix.makeFile(mount.path + "/file", [1])
                let flushes = fileSystem.count("flush")
                #expect(flushes > 0)
                #expect(try Posix.contents(mount.path + "/file") == [1])
                #expect(eventually { fileSystem.openHandles == 0 })
                #expect(fileSystem.count("flush") == flushes)
            }
        }

        /// By default the kernel applies the umask; with ACLs the file system does, and is told.
        @Test(arguments: [false, true])
        func theUmaskIsTold(accessControlLists: Bool) async throws {
            let fileSystem = MemoryFileSystem()
            try await Mount.with(fileSystem, configure: { $0.accessControlLists = accessControlLists }) { mount in
                #expect(Shell.run("cd \(mount.path); umask 027; touch f; mkdir d; mkfifo p") == 0)
            }
            let creations = fileSystem.record.withLock { $0.creations }
            for (name, permissions) in [("f", 0o666), ("d", 0o777), ("p", 0o666)] as [(String, UInt16)] {
                #expect(creations[name]?.umask == 0o027, "\(name)")
                #expect(creations[name]?.permissions == (accessControlLists ? permissions : permissions & ~0o027), "\(name)")
            }
        }

        /// With ACLs on, the kernel enforces what the file system gives as `system.posix_acl_access`.
        @Test(.enabled(if: geteuid() == 0))
        func anAccessControlListIsEnforced() async throws {
            // acl(5): user::rw-, user:1234:r--, group::---, mask::r--, other::---, each as tag, permissions, id (linux/posix_acl_xattr.h)
            let entries: [(UInt8, UInt8, UInt32)] = [(1, 6, .max), (2, 4, 1234), (4, 0, .max), (0x10, 4, .max), (0x20, 0, .max)]
            var list: [UInt8] = [2, 0, 0, 0]
            for (tag, permissions, id) in entries { list += [tag, 0, permissions, 0] + (0..<4).map { UInt8(truncatingIfNeeded: id >> ($0 * 8)) } }
            try await Mount.with(
                MemoryFileSystem(),
                configure: {
                    $0.accessControlLists = true
                    $0.allowOther = true
                }
            ) { [list] mount in
                let path = mount.path + "/file"
                try Posix.chmod(mount.path, 0o755)
                try Posix.makeFile(path, [65], 0o640)
                let read = "import os; os.setgid(99); os.setuid(USER); print(open('\(path)').read())"
                func reads(_ user: Int) -> Bool {
                    let program = read.split(separator: "USER").joined(separator: "\(user)")
                    return Shell.run("python3 -c \"\(program)\" > /dev/null 2>&1") == 0
                }
                #expect(!reads(1234))
                try Posix.setAttribute(path, "system.posix_acl_access", list)
                #expect(try Posix.attribute(path, "system.posix_acl_access") == list)
                #expect(reads(1234))
                #expect(!reads(1235))
            }
        }

        /// Who clears set-id bits, and what the kernel asks for it.
        @Test(.enabled(if: geteuid() == 0), arguments: [false, true])
        func setIDBitsAreClearedByOneOfTheTwo(clearsSetID: Bool) async throws {
            let fileSystem = MemoryFileSystem(clearsSetID: clearsSetID)
            try await Mount.with(fileSystem, configure: { $0.allowOther = true }) { mount in
                let path = mount.path + "/file"
                try Posix.makeFile(path)
                try Posix.with(path, O_WRONLY) { descriptor throws(Errno) in
                    for _ in 0..<50 { try Posix.write(descriptor, [1]) }
                }
                #expect(clearsSetID ? fileSystem.count("getxattr") <= 2 : fileSystem.count("getxattr") >= 50)
                try Posix.chmod(path, 0o6777)
                let changes = fileSystem.record.withLock { $0.changes.count }
                #expect(Shell.run("python3 -c \"import os; os.setuid(99); open('\(path)','a').write('x')\"") == 0)
                #expect(try Posix.contents(path).count == 51)
                let sent = fileSystem.record.withLock { $0.changes.dropFirst(changes).map(\.permissions) }
                #expect(sent == [clearsSetID ? nil : 0o777])
                #expect(fileSystem.record.withLock { $0.changes.last?.isEmpty } == clearsSetID)
                try Posix.chmod(path, 0o6777)
                #expect(Shell.run("echo root >> \(path)") == 0)
                #expect(fileSystem.record.withLock { $0.changes.last?.permissions } == 0o6777, "root keeps them")
            }
        }

        @Test(.enabled(if: geteuid() == 0))
        func supplementaryGroupsAreFoundOnDemand() async throws {
            let fileSystem = MemoryFileSystem()
            try await Mount.with(fileSystem) { mount in
                let program =
                    "import os,threading; os.setgroups([7,70000]); t=threading.Thread(target=os.mkdir,args=('\(mount.path)/d',)); t.start(); t.join()"
                #expect(Shell.run("python3 -c \"\(program)\"") == 0)
            }
            #expect(fileSystem.record.withLock { $0.creations["d"]?.groups.sorted() } == [7, 70000])
        }
    }
}
