import CFuse3
import FileSystemTypes
import FuseBridge
import Glibc
import Synchronization
import Testing

extension MountedTests {
    /// fallocate(2), lseek(2) for holes, copy_file_range(2).
    @Suite(.enabled(if: Mount.obstacle == nil), .timeLimit(.minutes(2)))
    struct RangeTests {
        private static let block = 4096
        private static let (data, hole): (Int32, Int32) = (3, 4)  // SEEK_DATA, SEEK_HOLE

        private static func mounted(suspends: Bool = false, _ body: @escaping @Sendable (MemoryFileSystem, String) throws -> Void) async throws {
            let fileSystem = MemoryFileSystem()
            fileSystem.behaviour.withLock { $0.suspends = suspends }
            try await Mount.with(fileSystem) { mount in
                try Posix.makeFile(mount.path + "/file", [UInt8](repeating: 9, count: 4 * block))
                try body(fileSystem, mount.path + "/file")
            }
        }

        @Test(arguments: [false, true])
        func spaceIsAllocatedPunchedAndZeroed(suspends: Bool) async throws {
            try await Self.mounted(suspends: suspends) { fileSystem, path in
                let block = Self.block
                try Posix.with(path, O_RDWR) { descriptor throws(Errno) in
                    try Posix.allocate(descriptor, 0, 4 * block, block)
                    try Posix.allocate(descriptor, 1, 8 * block, block)  // FALLOC_FL_KEEP_SIZE
                    try Posix.allocate(descriptor, 3, block, block)  // | FALLOC_FL_PUNCH_HOLE
                    try Posix.allocate(descriptor, 0x10, 10, 20)  // FALLOC_FL_ZERO_RANGE
                }
                let status = try Posix.status(path)
                #expect(status.st_size == 5 * block)
                #expect(status.st_blocks == 4 * block / 512, "the hole takes up nothing")
                var expected = [UInt8](repeating: 9, count: 4 * block) + [UInt8](repeating: 0, count: block)
                for index in 10..<30 { expected[index] = 0 }
                for index in block..<2 * block { expected[index] = 0 }
                #expect(try Posix.contents(path) == expected)
                let seen = fileSystem.record.withLock { $0.allocations.map(\.mode) }
                #expect(seen == [[], .keepSize, [.keepSize, .punchHole], .zeroRange])
            }
        }

        @Test func whatCannotBeAllocatedIsRefused() async throws {
            try await Self.mounted { fileSystem, path in
                try Posix.with(path, O_RDWR) { descriptor throws(Errno) in
                    // Punching without keeping the size, collapsing, inserting, unsharing.
                    for mode: Int32 in [2, 8, 0x20, 0x40] {
                        #expect(Posix.failure { () throws(Errno) in try Posix.allocate(descriptor, mode, 0, Self.block) } == .notSupported)
                    }
                    #expect(Posix.failure { () throws(Errno) in try Posix.allocate(descriptor, 0, 0, 0) } == .invalidArgument)
                    #expect(Posix.failure { () throws(Errno) in try Posix.allocate(descriptor, 0, .max - 10, 20) } == .fileTooLarge)
                    fileSystem.behaviour.withLock { $0.failures = ["fallocate": .noSpace] }
                    #expect(Posix.failure { () throws(Errno) in try Posix.allocate(descriptor, 0, 0, 20) } == .noSpace)
                }
                #expect(fileSystem.count("fallocate") == 1)
            }
        }

        @Test(arguments: [false, true])
        func holesAreFound(suspends: Bool) async throws {
            try await Self.mounted(suspends: suspends) { fileSystem, path in
                let (block, data, hole) = (Self.block, Self.data, Self.hole)
                try Posix.with(path, O_RDWR) { descriptor throws(Errno) in
                    try Posix.allocate(descriptor, 3, block, 2 * block)
                    #expect(try Posix.seek(descriptor, 0, data) == 0)
                    #expect(try Posix.seek(descriptor, 5, hole) == block)
                    #expect(try Posix.seek(descriptor, block + 1, data) == 3 * block)
                    #expect(try Posix.seek(descriptor, 3 * block, hole) == 4 * block, "the end counts as a hole")
                    #expect(Posix.failure { () throws(Errno) in _ = try Posix.seek(descriptor, 4 * block, data) } == .noSuchAddress)
                    try Posix.allocate(descriptor, 3, 3 * block, block)
                    #expect(Posix.failure { () throws(Errno) in _ = try Posix.seek(descriptor, 3 * block, data) } == .noSuchAddress)
                    #expect(try Posix.seek(descriptor, 0, SEEK_END) == 4 * block)
                    fileSystem.behaviour.withLock { $0.failures = ["lseek": .inputOutput] }
                    #expect(Posix.failure { () throws(Errno) in _ = try Posix.seek(descriptor, 0, data) } == .inputOutput)
                }
            }
        }

        @Test(arguments: [false, true])
        func rangesAreCopied(suspends: Bool) async throws {
            try await Self.mounted(suspends: suspends) { fileSystem, path in
                let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 11) }
                try Posix.makeFile(path, bytes)
                try Posix.makeFile(path + ".copy", [1, 2, 3])
                try Posix.with(path, O_RDWR) { source throws(Errno) in
                    try Posix.with(path + ".copy", O_WRONLY) { destination throws(Errno) in
                        var copied = 0
                        while case let count = try Posix.copyRange(source, at: 100 + copied, to: destination, at: 2 + copied, 1 << 40), count > 0 {
                            copied += count
                        }
                        #expect(copied == bytes.count - 100)
                    }
                    #expect(try Posix.copyRange(source, at: 0, to: source, at: 1000, 1000) == 1000)
                    #expect(
                        Posix.failure { () throws(Errno) in _ = try Posix.copyRange(source, at: 0, to: source, at: 10, 20) } == .invalidArgument)
                    fileSystem.behaviour.withLock { $0.failures = ["copy_file_range": .quotaExceeded] }
                    #expect(
                        Posix.failure { () throws(Errno) in _ = try Posix.copyRange(source, at: 0, to: source, at: 9000, 20) } == .quotaExceeded)
                }
                #expect(try Posix.contents(path + ".copy") == [1, 2] + bytes.dropFirst(100))
                #expect(try Posix.contents(path).dropFirst(1000).prefix(1000) == bytes.prefix(1000))
                #expect(fileSystem.count("copy_file_range") >= 5)
            }
        }

        /// What the kernel makes of a file system that offers none of it.
        @Test func theKernelDoesWithout() async throws {
            try await Mount.with(PlainFileSystem()) { mount in
                let path = mount.path + "/file"
                try Posix.makeFile(path, Array(1...100))
                try Posix.makeFile(path + ".copy")
                try Posix.with(path, O_RDWR) { descriptor throws(Errno) in
                    #expect(Posix.failure { () throws(Errno) in try Posix.allocate(descriptor, 0, 0, 200) } == .notSupported)
                    #expect(try Posix.seek(descriptor, 10, Self.data) == 10)
                    #expect(try Posix.seek(descriptor, 10, Self.hole) == 100)
                    try Posix.with(path + ".copy", O_WRONLY) { destination throws(Errno) in
                        #expect(try Posix.copyRange(descriptor, at: 0, to: destination, at: 0, 1000) == 100)
                    }
                }
                #expect(try Posix.contents(path + ".copy") == Array(1...100))
            }
        }
    }
}
