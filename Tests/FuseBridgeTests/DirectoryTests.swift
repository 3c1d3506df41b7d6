import FileSystemTypes
import FuseBridge
import Glibc
import Synchronization
import Testing
import Threads

extension MountedTests {
    /// Listings, the kernel's references, and many threads at once.
    @Suite(.enabled(if: Mount.obstacle == nil), .timeLimit(.minutes(2)))
    struct DirectoryTests {
        private static func name(_ number: Int) -> String {
            let digits = String(number)
            return digits + String(repeating: "x", count: number % 251)
        }

        /// Names from one to 255 bytes, so that entries end everywhere in the kernel's buffer.
        @Test(arguments: [false, true])
        func tenThousandEntriesAreListedCompletely(plain: Bool) async throws {
            let fileSystem = MemoryFileSystem()
            let names = (0..<10_000).map(Self.name)
            try fileSystem.fill(names)
            try await Mount.with(fileSystem, configure: { $0.attributesInListings = !plain }) { mount in
                let listed = try Posix.list(mount.path).map { String(decoding: $0, as: UTF8.self) }
                #expect(listed.count == names.count)
                #expect(Set(listed) == Set(names))
                #expect(fileSystem.count("readdir") > 0)
                #expect(Shell.output("ls -l \(mount.path) | wc -l") == "10001\n")
            }
            #expect((fileSystem.count("readdirplus") > 0) == !plain)
        }

        /// Every reference that the bridge gave out comes back once the kernel forgets: nothing leaks in entries that did not fit.
        @Test func referencesReturnToZero() async throws {
            guard geteuid() == 0 else { return print("dropping the kernel's caches needs root: not tested") }
            let fileSystem = MemoryFileSystem()
            try fileSystem.fill((0..<2_000).map(Self.name))
            try await Mount.with(fileSystem) { mount in
                for number in 0..<20 { try Posix.mkdir("\(mount.path)/d\(number)", 0o755) }
                #expect(Shell.run("ls -lR \(mount.path) > /dev/null") == 0)
                #expect(fileSystem.references > 0)
                let forgotten = eventually(within: .seconds(20)) {
                    Shell.run("echo 3 > /proc/sys/vm/drop_caches")
                    return fileSystem.references == 0
                }
                #expect(forgotten, "\(fileSystem.references) references left")
                #expect(eventually { fileSystem.openHandles == 0 })
            }
        }

        @Test func aTreeIsRemovedWhileItIsRead() async throws {
            try await Mount.with(MemoryFileSystem()) { mount in
                #expect(Shell.run("mkdir -p \(mount.path)/a/b/c && cd \(mount.path)/a/b && seq 1 3000 | xargs touch") == 0)
                #expect(Shell.run("rm -r \(mount.path)/a") == 0)
                let left = try Posix.list(mount.path)
                #expect(left.isEmpty)
            }
        }

        @Test(arguments: [false, true])
        func eightThreadsWorkSideBySide(suspends: Bool) async throws {
            let fileSystem = MemoryFileSystem()
            fileSystem.behaviour.withLock { behaviour in
                behaviour.suspends = suspends
                behaviour.declinesWriteNow = suspends
            }
            try await Mount.with(fileSystem) { mount in
                let failures = Monitor<[String]>([])
                let threads = try (0..<8).map { number in
                    try NamedThread.start("worker-\(number)") {
                        do throws(Errno) {
                            try Self.work(mount.path, number)
                        } catch {
                            failures.change { $0.append("\(error)") }
                        }
                    }
                }
                for thread in threads { thread.join() }
                #expect(failures.change { $0 }.isEmpty)
                #expect(try Posix.list(mount.path).isEmpty)
                #expect(eventually { fileSystem.openHandles == 0 })
            }
        }

        private static func work(_ path: String, _ number: Int) throws(Errno) {
            let folder = "\(path)/\(number)"
            try Posix.mkdir(folder, 0o755)
            for round in 0..<100 {
                let bytes = [UInt8](repeating: UInt8(round), count: 1 + round * 997)
                try Posix.makeFile("\(folder)/new", bytes)
                try Posix.rename("\(folder)/new", "\(folder)/\(round % 3)")
                guard try Posix.contents("\(folder)/\(round % 3)") == bytes else { throw .inputOutput }
            }
            for name in 0..<3 { try Posix.unlink("\(folder)/\(name)") }
            try Posix.rmdir(folder)
        }
    }
}

extension MemoryFileSystem {
    /// Empty files in the root, made without the kernel.
    func fill(_ names: [String]) throws(Errno) {
        let caller = Caller(userID: getuid(), groupID: getgid(), processID: 0)
        try tree.withLock { tree throws(Errno) in
            for name in names {
                guard let name = FileName(Array(name.utf8)) else { throw .invalidArgument }
                _ = try tree.add(name, to: .root, .regular, 0o644, caller)
            }
        }
    }
}
