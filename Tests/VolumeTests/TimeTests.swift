import FileSystemTypes
import ObjectStorage
import PosixMetadata
import TestSupport
import Testing
import Volume

/// Each operation marks those times that POSIX names, and no others (`TimedOperation`).
@Suite(.timeLimit(.minutes(2))) struct TimeTests {
    private let caller = Caller(userID: 0, groupID: 0, processID: 1)
    private let test: VolumeUnderTest
    private let folder: Inode
    private let file: Inode

    private func name(_ text: String) throws -> FileName { try #require(FileName(Array(text.utf8))) }

    init() async throws {
        test = try await VolumeUnderTest { $0.accessTimes = .relatime }
        folder = try await test.volume.makeDirectory(#require(FileName(Array("d".utf8))), in: .root, permissions: 0o755, for: caller).inode
        let options = OpenOptions(mode: .readWrite)
        let made = try await test.volume.create(
            #require(FileName(Array("f".utf8))), in: folder, permissions: 0o644, options: options, for: caller)
        try await test.volume.write(made.opened.handle, at: 0, Bytes("content"))
        try await test.volume.flush(made.opened.handle)
        await test.volume.release(made.opened.handle)
        file = made.entry.inode
    }

    private func touched(_ inode: Inode, by body: () async throws -> Void) async throws -> TouchedTimes {
        let before = try await test.volume.attributes(of: inode, handle: nil).attributes
        try await Task.sleep(for: .milliseconds(2))
        try await body()
        let after = try await test.volume.attributes(of: inode, handle: nil).attributes
        var touched: TouchedTimes = []
        if after.accessed != before.accessed { touched.insert(.accessed) }
        if after.modified != before.modified { touched.insert(.modified) }
        if after.changed != before.changed { touched.insert(.changed) }
        return touched
    }

    private func opened(_ options: OpenOptions, _ body: (Handle) async throws -> Void) async throws {
        let handle = try await test.volume.open(file, options: options, for: caller).handle
        try await body(handle)
        if options.writes { try await test.volume.flush(handle) }
        await test.volume.release(handle)
    }

    private func change(_ body: (inout AttributeChange) -> Void) async throws {
        var change = AttributeChange()
        body(&change)
        _ = try await test.volume.setAttributes(change, of: file, handle: nil, for: caller)
    }

    private func perform(_ operation: TimedOperation) async throws {
        let volume = test.volume
        switch operation {
        case .read: try await opened(OpenOptions(mode: .readOnly)) { _ = try await volume.read($0, at: 0, count: 3) }
        case .write: try await opened(OpenOptions(mode: .writeOnly)) { try await volume.write($0, at: 2, Bytes("x")) }
        case .truncate: try await change { $0.size = 3 }
        case .changePermissions: try await change { $0.permissions = 0o600 }
        case .changeOwner: try await change { $0.userID = 3 }
        case .changeTimes: try await change { $0.accessed = .at(Timestamp(seconds: 77)) }
        case .changeExtendedAttribute:
            let name = try #require(ExtendedAttributeName("user.a"))
            try await volume.setExtendedAttribute(name, of: file, to: [1], mode: .create, for: caller)
        case .create: _ = try await volume.makeSymbolicLink(try name("l"), in: folder, to: [65], for: caller)
        case .remove: try await volume.unlink(try name("f"), in: folder, for: caller)
        case .rename: try await volume.rename(try name("f"), in: folder, to: try name("g"), in: folder, mode: .replace, for: caller)
        }
    }

    @Test(arguments: TimedOperation.allCases) func ofTheFolder(_ operation: TimedOperation) async throws {
        defer { test.remove() }
        #expect(try await touched(folder) { try await perform(operation) } == operation.folder)
    }

    /// A rename leaves the file's own times: they would cost a request more (docs/SEMANTICS.md).
    @Test(arguments: TimedOperation.allCases.filter { $0 != .create && $0 != .rename }) func ofTheFile(_ operation: TimedOperation) async throws {
        defer { test.remove() }
        let held = try await test.volume.open(file, options: OpenOptions(mode: .readOnly), for: caller).handle
        let expected: TouchedTimes = operation == .changeTimes ? [.accessed, .changed] : operation.file
        #expect(try await touched(file) { try await perform(operation) } == expected)
        await test.volume.release(held)
    }
}
