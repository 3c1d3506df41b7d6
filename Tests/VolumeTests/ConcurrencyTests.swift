import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing
import Volume

/// Many callers at once, as several programs in one folder are.
@Suite(.timeLimit(.minutes(2))) struct ConcurrencyTests {
    private let caller = Caller(userID: 0, groupID: 0, processID: 1)

    private func name(_ text: String) throws -> FileName { try #require(FileName(Array(text.utf8))) }

    @Test func onlyOneCreatesAFileExclusively() async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        let volume = test.volume
        for round in 0..<20 {
            let name = try name("file \(round)")
            let options = OpenOptions(mode: .readWrite, exclusive: true)
            let winners = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        guard
                            let created = try? await volume.create(name, in: .root, permissions: 0o644, options: options, for: caller)
                        else { return false }
                        await volume.release(created.opened.handle)
                        volume.forget(created.entry.inode, count: 1)
                        return true
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
        }
        #expect(try await test.bucket.list(ListRequest()).objects.count == 20)
    }

    /// Appends through many handles: none overwrites another, and all are stored when the last handle is closed.
    @Test func appendsOfManyHandlesAllArrive() async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        let volume = test.volume
        let created = try await volume.create(
            try name("log"), in: .root, permissions: 0o644, options: OpenOptions(mode: .writeOnly, append: true), for: caller)
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    let options = OpenOptions(mode: .writeOnly, append: true)
                    guard let opened = try? await volume.open(created.entry.inode, options: options, for: caller) else { return }
                    for line in 0..<50 { try? await volume.write(opened.handle, at: 0, Bytes("\(writer) \(line)\n")) }
                    await volume.release(opened.handle)
                }
            }
        }
        try await volume.flush(created.opened.handle)
        await volume.release(created.opened.handle)
        let text = try await test.bucket.get("log", range: nil, ReadConditions()).collect().contiguous
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        #expect(Set(lines).count == 400 && lines.count == 400)
    }

    /// Readers, writers and renames of one file at the same time: every read is a whole version.
    @Test func neverShowsATornFile() async throws {
        let test = try await VolumeUnderTest(ttl: .zero)
        defer { test.remove() }
        let versions = (0..<4).map { [UInt8](repeating: UInt8($0), count: 40_000) }
        _ = try await test.bucket.put("file", BytesSource(Bytes(versions[0])), ObjectAttributes(), .always)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<200 {
                    _ = try await test.bucket.put("file", BytesSource(Bytes(versions[round % 4])), ObjectAttributes(), .always)
                }
            }
            for _ in 0..<4 {
                group.addTask {
                    let driver = FileSystemDriver(test.volume)
                    let path = try #require(TreePath("file"))
                    for _ in 0..<200 {
                        switch await driver.apply(.read(path, at: 0, count: 100_000)) {
                        case .bytes(let bytes): #expect(versions.contains(bytes), "\(bytes.count) bytes are no version")
                        case .failed(let errno): #expect(errno == .stale)
                        default: Issue.record("a read gave neither bytes nor an error")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
