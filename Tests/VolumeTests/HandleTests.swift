import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing
import Volume

/// Files that are asked for by their number, as handles of name_to_handle_at(2) and NFS are.
@Suite(.timeLimit(.minutes(1))) struct HandleTests {
    private let caller = Caller(userID: 0, groupID: 0, processID: 1)

    private func put(_ key: Key, in test: VolumeUnderTest) async throws {
        _ = try await test.bucket.put(key, BytesSource(Bytes("content")), ObjectAttributes(), .always)
    }

    private func find(_ text: String, in parent: Inode = .root, _ test: VolumeUnderTest) async throws -> Entry {
        guard case .found(let entry) = try await test.volume.lookup(.of(text), in: parent, for: caller) else { throw Errno.noSuchFile }
        return entry
    }

    /// The kernel lets go of everything.
    private func forget(_ entries: Entry..., in test: VolumeUnderTest) {
        for entry in entries { test.volume.forget(entry.inode, count: 1) }
    }

    @Test func whatTheKernelHasForgottenIsFound() async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        try await put("folder/inner/file", in: test)
        let folder = try await find("folder", test)
        let inner = try await find("inner", in: folder.inode, test)
        let file = try await find("file", in: inner.inode, test)
        forget(file, inner, folder, in: test)
        #expect(test.volume.knownInodes == 1)
        let before = test.faults.requests.count
        let found = try await test.volume.resolve(file.inode, for: caller)
        #expect((found.inode, found.generation, found.attributes.size) == (file.inode, file.generation, 7))
        #expect(test.faults.requests.count <= before + 6, "the path is known: no listing of the bucket")
        let parent = try await test.volume.resolveParent(of: inner.inode, for: caller)
        #expect(parent.inode == folder.inode)
        #expect(try await test.volume.resolveParent(of: folder.inode, for: caller).inode == .root)
    }

    @Test(arguments: ["file", "folder/inner/file", "folder/inner", "folder"]) func anotherMountFindsIt(path: String) async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        for key: Key in ["file", "folder/inner/file", "other", "zzz/"] { try await put(key, in: test) }
        var inode = Inode.root
        for name in path.split(separator: "/") { inode = try await find(String(name), in: inode, test).inode }
        try await test.crash()
        #expect(try await test.volume.resolve(inode, for: caller).inode == inode)
    }

    @Test func whatIsNotThereIsStale() async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        try await put("file", in: test)
        let file = try await find("file", test)
        forget(file, in: test)
        try await test.bucket.delete("file")
        for _ in 0..<3 {
            await #expect(throws: Errno.stale) { try await test.volume.resolve(file.inode, for: caller) }
        }
        #expect(test.faults.requests.filter { $0 == .list }.count <= 5, "the bucket is gone through once: 7 else")
        await #expect(throws: Errno.stale) { try await test.volume.resolve(Inode(12345), for: caller) }
    }

    @Test func anotherFileOfTheSameNameIsAnother() async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        try await put("file", in: test)
        let first = try await find("file", test)
        try await test.volume.unlink(.of("file"), in: .root, for: caller)
        await #expect(throws: Errno.stale) { try await test.volume.resolve(first.inode, for: caller) }
        forget(first, in: test)
        let made = try await test.volume.create(
            .of("file"), in: .root, permissions: 0o644, options: OpenOptions(mode: .writeOnly), for: caller)
        #expect((made.entry.inode, made.entry.generation) == (first.inode, first.generation + 1))
        #expect(try await find("file", test).generation == made.entry.generation)
        await test.volume.release(made.opened.handle)
    }

    @Test func aFileThatWasRenamedKeepsItsNumber() async throws {
        let test = try await VolumeUnderTest(ttl: .zero)
        defer { test.remove() }
        try await put("folder/old", in: test)
        let folder = try await find("folder", test)
        let file = try await find("old", in: folder.inode, test)
        try await test.volume.rename(.of("old"), in: folder.inode, to: .of("new"), in: folder.inode, mode: .replace, for: caller)
        try await test.volume.rename(.of("folder"), in: .root, to: .of("moved"), in: .root, mode: .replace, for: caller)
        forget(file, folder, in: test)
        #expect(test.volume.knownInodes == 1)
        #expect(try await test.volume.resolve(file.inode, for: caller).inode == file.inode)
        let moved = try await find("moved", test)
        #expect(moved.inode == folder.inode)
        #expect(try await find("new", in: moved.inode, test).inode == file.inode)
    }
}
