import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing
import Volume

/// Files that are deleted or replaced while somebody has them open, or has just closed them.
@Suite(.timeLimit(.minutes(1))) struct UnlinkTests {
    private let caller = Caller(userID: 0, groupID: 0, processID: 1)
    private let content = Payload(seed: 1, count: 50_000).bytes
    private let file = FileName.of("file")

    /// How a file goes away.
    enum Removal: CaseIterable {
        case unlink, replacement
    }

    private func remove(_ removal: Removal, _ test: VolumeUnderTest) async throws {
        switch removal {
        case .unlink: try await test.volume.unlink(file, in: .root, for: caller)
        case .replacement: try await test.volume.rename(.of("other"), in: .root, to: file, in: .root, mode: .replace, for: caller)
        }
    }

    private func opened(_ mode: OpenOptions.Mode, _ test: VolumeUnderTest) async throws -> Handle {
        for key: Key in ["file", "other"] {
            _ = try await test.bucket.put(key, BytesSource(Bytes(content)), ObjectAttributes(), .always)
        }
        guard case .found(let entry) = try await test.volume.lookup(file, in: .root, for: caller) else { throw Errno.noSuchFile }
        return try await test.volume.open(entry.inode, options: OpenOptions(mode: mode), for: caller).handle
    }

    private func gets(_ test: VolumeUnderTest) -> Int { test.faults.requests.count { $0 == .get } }

    /// The kernel tells of the last close(2) after it has returned.
    @Test(arguments: Removal.allCases, [OpenOptions.Mode.readOnly, .readWrite])
    func whatIsReleasedAMomentLaterIsNotFetched(_ removal: Removal, _ mode: OpenOptions.Mode) async throws {
        let test = try await VolumeUnderTest { $0.longestRelease = .seconds(30) }
        defer { test.remove() }
        let handle = try await opened(mode, test)
        try await test.volume.flush(handle)
        async let removed: Void = remove(removal, test)
        try await Task.sleep(for: .milliseconds(5))
        await test.volume.release(handle)
        try await removed
        #expect(gets(test) == 0)
    }

    @Test(arguments: Removal.allCases, [OpenOptions.Mode.readOnly, .readWrite])
    func whatStaysOpenStaysReadable(_ removal: Removal, _ mode: OpenOptions.Mode) async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        let handle = try await opened(mode, test)
        // One descriptor of it was closed; there is another.
        try await test.volume.flush(handle)
        try await remove(removal, test)
        #expect(gets(test) > 0)
        #expect(try await test.volume.read(handle, at: 0, count: content.count) == Bytes(content))
        await test.volume.release(handle)
    }

    /// Nobody waits for a handle that was written through since its last flush.
    @Test func whatIsBeingWrittenIsKeptAtOnce() async throws {
        let test = try await VolumeUnderTest { $0.longestRelease = .seconds(600) }
        defer { test.remove() }
        let handle = try await opened(.readWrite, test)
        try await test.volume.write(handle, at: 0, Bytes("changed"))
        try await remove(.unlink, test)
        #expect(gets(test) > 0)
        let expected = Array("changed".utf8) + content[7...]
        #expect(try await test.volume.read(handle, at: 0, count: content.count) == Bytes(expected))
        await test.volume.release(handle)
    }

    /// Who comes while the store is being asked must not get a handle with nothing to read.
    @Test(arguments: Removal.allCases) func whoOpensItMeanwhileWaits(_ removal: Removal) async throws {
        let test = try await VolumeUnderTest(faults: [Fault(.every, of: [.delete], error: nil, delay: .milliseconds(300))])
        defer { test.remove() }
        await test.volume.release(try await opened(.readOnly, test))
        guard case .found(let entry) = try await test.volume.lookup(file, in: .root, for: caller) else { throw Errno.noSuchFile }
        async let removed: Void = remove(removal, test)
        while test.faults.requests.last != .delete { await Task.yield() }
        await #expect(throws: Errno.stale) {
            try await test.volume.open(entry.inode, options: OpenOptions(mode: .readOnly), for: caller)
        }
        try await removed
    }

    /// What could not be deleted is opened as if nothing had been.
    @Test func whatCouldNotBeDeletedCanBeOpened() async throws {
        let test = try await VolumeUnderTest(faults: [Fault(.every, of: [.delete], error: StoreError(.accessDenied, "refused"))])
        defer { test.remove() }
        await test.volume.release(try await opened(.readOnly, test))
        await #expect(throws: Errno.self) { try await remove(.unlink, test) }
        guard case .found(let entry) = try await test.volume.lookup(file, in: .root, for: caller) else { throw Errno.noSuchFile }
        let handle = try await test.volume.open(entry.inode, options: OpenOptions(mode: .readOnly), for: caller).handle
        #expect(try await test.volume.read(handle, at: 0, count: content.count) == Bytes(content))
        await test.volume.release(handle)
    }
}
