import FileSystemTypes
import FuseBridge
import Glibc
import Synchronization
import Testing

extension MountedTests {
    /// What xattr(7) promises, through the system calls.
    @Suite(.enabled(if: Mount.obstacle == nil), .timeLimit(.minutes(2)))
    struct ExtendedAttributeTests {
        private static func mounted(suspends: Bool = false, _ body: @escaping @Sendable (MemoryFileSystem, String) throws -> Void) async throws {
            let fileSystem = MemoryFileSystem()
            fileSystem.behaviour.withLock { $0.suspends = suspends }
            try await Mount.with(fileSystem) { mount in
                try Posix.makeFile(mount.path + "/file", [1])
                try body(fileSystem, mount.path + "/file")
            }
        }

        @Test(arguments: [false, true])
        func attributesComeAndGo(suspends: Bool) async throws {
            try await Self.mounted(suspends: suspends) { _, path in
                #expect(try Posix.attributeNames(path) == [])
                try Posix.setAttribute(path, "user.b", [1, 0, 255])
                try Posix.setAttribute(path, "user.a", [])
                #expect(try Posix.attribute(path, "user.b") == [1, 0, 255])
                #expect(try Posix.attribute(path, "user.a") == [])
                #expect(try Posix.attributeNames(path) == ["user.a", "user.b"])
                try Posix.removeAttribute(path, "user.b")
                #expect(Posix.failure { () throws(Errno) in _ = try Posix.attribute(path, "user.b") } == .noData)
                #expect(Posix.failure { () throws(Errno) in try Posix.removeAttribute(path, "user.b") } == .noData)
                #expect(try Posix.attributeNames(path) == ["user.a"])
            }
        }

        @Test func creationAndReplacementAreToldApart() async throws {
            try await Self.mounted { _, path in
                #expect(Posix.failure { () throws(Errno) in try Posix.setAttribute(path, "user.a", [1], flags: 2) } == .noData)  // XATTR_REPLACE
                try Posix.setAttribute(path, "user.a", [1], flags: 1)  // XATTR_CREATE
                #expect(Posix.failure { () throws(Errno) in try Posix.setAttribute(path, "user.a", [2], flags: 1) } == .exists)
                #expect(Posix.failure { () throws(Errno) in try Posix.setAttribute(path, "user.a", [2], flags: 3) } == .invalidArgument)
                #expect(try Posix.attribute(path, "user.a") == [1])
                try Posix.setAttribute(path, "user.a", [3], flags: 2)
                #expect(try Posix.attribute(path, "user.a") == [3])
            }
        }

        @Test func sizesAreProbed() async throws {
            try await Self.mounted { _, path in
                try Posix.setAttribute(path, "user.a", Array(1...100))
                #expect(try Posix.attributeSize(path, "user.a") == 100)
                #expect(try Posix.attributeNamesSize(path) == "user.a".utf8.count + 1)
                #expect(try Posix.attribute(path, "user.a", limit: 100).count == 100)
                #expect(Posix.failure { () throws(Errno) in _ = try Posix.attribute(path, "user.a", limit: 99) } == .outOfRange)
                #expect(try Posix.attributeNames(path, limit: 7) == ["user.a"])
                #expect(Posix.failure { () throws(Errno) in _ = try Posix.attributeNames(path, limit: 6) } == .outOfRange)
            }
        }

        @Test func theLimitsOfLinuxHold() async throws {
            try await Self.mounted { fileSystem, path in
                let largest = [UInt8](repeating: 7, count: 1 << 16)
                let longest = "user." + String(repeating: "n", count: 250)
                try Posix.setAttribute(path, longest, largest)
                #expect(try Posix.attribute(path, longest) == largest)
                #expect(Posix.failure { () throws(Errno) in try Posix.setAttribute(path, "user.a", largest + [7]) } == .tooBig)
                #expect(Posix.failure { () throws(Errno) in try Posix.setAttribute(path, longest + "n", [1]) } == .outOfRange)
                fileSystem.behaviour.withLock { $0.extendedAttribute = largest + [7] }
                #expect(Posix.failure { () throws(Errno) in _ = try Posix.attributeSize(path, "user.a") } == .tooBig)
                #expect(Posix.failure { () throws(Errno) in _ = try Posix.attribute(path, "user.a", limit: 1 << 16) } == .tooBig)
                let names = (0..<260).compactMap { ExtendedAttributeName("user.\($0)." + String(repeating: "n", count: 246 - String($0).count)) }
                fileSystem.behaviour.withLock { $0.attributeNames = names }
                #expect(Posix.failure { () throws(Errno) in _ = try Posix.attributeNamesSize(path) } == .tooBig)
                #expect(Posix.failure { () throws(Errno) in _ = try Posix.attributeNames(path) } == .tooBig)
            }
        }

        @Test func errorsArePassedOn() async throws {
            try await Self.mounted { fileSystem, path in
                let calls: [(String, () throws(Errno) -> Void)] = [
                    ("getxattr", { () throws(Errno) in _ = try Posix.attribute(path, "user.a") }),
                    ("listxattr", { () throws(Errno) in _ = try Posix.attributeNames(path) }),
                    ("setxattr", { () throws(Errno) in try Posix.setAttribute(path, "user.a", [1]) }),
                    ("removexattr", { () throws(Errno) in try Posix.removeAttribute(path, "user.a") }),
                ]
                for (operation, call) in calls {
                    fileSystem.behaviour.withLock { $0.failures = [operation: .quotaExceeded] }
                    #expect(Posix.failure(call) == .quotaExceeded, "\(operation)")
                }
            }
        }

        /// One that has none is asked once, and never before a write.
        @Test func aFileSystemWithoutAttributesIsNotAskedAgain() async throws {
            try await Mount.with(PlainFileSystem()) { mount in
                let path = mount.path + "/file"
                try Posix.makeFile(path, [1])
                #expect(Posix.failure { () throws(Errno) in try Posix.setAttribute(path, "user.a", [1]) } == .notSupported)
                #expect(Posix.failure { () throws(Errno) in _ = try Posix.attribute(path, "user.a") } == .notSupported)
                #expect(Posix.failure { () throws(Errno) in _ = try Posix.attributeNames(path) } == .notSupported)
                #expect(Posix.failure { () throws(Errno) in try Posix.removeAttribute(path, "user.a") } == .notSupported)
            }
        }
    }
}
