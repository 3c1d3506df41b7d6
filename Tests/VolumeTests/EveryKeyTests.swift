import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing
import Volume

/// Every key of a bucket is a file of the mount (docs/NAMES.md).
@Suite(.timeLimit(.minutes(3))) struct EveryKeyTests {
    private let caller = Caller(userID: 0, groupID: 0, processID: 1)
    private static let pieces = ["", "", ".", "..", "a", "a", "b", "a.b", "%", "%@", "%@name-", "%@file-a", "\0", " ", "語", "A"]

    private func name(_ text: String) throws -> FileName { try #require(FileName(Array(text.utf8))) }

    private func keys(_ random: inout SeededGenerator) -> Set<Key> {
        var keys: Set<Key> = []
        for _ in 0..<25 {
            var bytes = Array(random.pick(Self.pieces).utf8)
            if random.oneIn(5) { bytes += [UInt8](repeating: 0x4C, count: random.pick([246, 249, 254, 255, 256, 300, 510])) }
            if random.oneIn(6) { bytes.append(random.pick([0xFF, 0x80, 1, 10])) }
            if let other = keys.randomElement(using: &random), random.oneIn(2) { bytes = other.bytes + [UInt8(ascii: "/")] + bytes }
            if (1...1000).contains(bytes.count) { keys.insert(Key(bytes)) }
        }
        return keys
    }

    /// The content of every file that is found by listing folder after folder.
    private func contents(below folder: Inode, in volume: Volume) async throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        for item in try await volume.listing(of: folder, for: caller) where item.name != [0x2E] && item.name != [0x2E, 0x2E] {
            guard case .found(let entry) = try await volume.lookup(try #require(FileName(item.name)), in: folder, for: caller) else {
                Issue.record("\(item.name) is listed and not found")
                continue
            }
            if entry.attributes.kind == .directory {
                found += try await contents(below: entry.inode, in: volume)
            } else {
                let opened = try await volume.open(entry.inode, options: OpenOptions(mode: .readOnly), for: caller)
                found.append(Array(try await volume.read(opened.handle, at: 0, count: 2000).contiguous))
                await volume.release(opened.handle)
            }
            volume.forget(entry.inode, count: 1)
        }
        return found
    }

    /// Each object holds its own key.
    @Test func everyKeyIsFoundByListing() async throws {
        for seed in SeededGenerator.seeds(40) {
            var random = SeededGenerator(seed: seed)
            let keys = keys(&random)
            let test = try await VolumeUnderTest()
            defer { test.remove() }
            for key in keys { _ = try await test.bucket.put(key, BytesSource(Bytes(key.bytes)), ObjectAttributes(), .always) }
            let found = try await contents(below: .root, in: test.volume)
            let missing = keys.filter { !found.contains($0.bytes) }
            #expect(missing.isEmpty && found.count == keys.count, "WINDLASS_SEED=\(seed): \(missing) are not found")
        }
    }

    @Test func aFolderWithContentKeepsItWhateverHappensToTheFolder() async throws {
        let test = try await VolumeUnderTest(ttl: .zero)
        defer { test.remove() }
        _ = try await test.bucket.put("a/", BytesSource(Bytes("content")), ObjectAttributes(), .always)
        guard case .found(let folder) = try await test.volume.lookup(try name("a"), in: .root, for: caller) else { throw Errno.noSuchFile }
        var change = AttributeChange()
        change.permissions = 0o700
        _ = try await test.volume.setAttributes(change, of: folder.inode, handle: nil, for: caller)
        let text = try await test.bucket.get("a/", range: nil, ReadConditions()).collect().contiguous
        #expect(String(decoding: text, as: UTF8.self) == "content")
        await #expect(throws: Errno.notEmpty) { try await test.volume.removeDirectory(try name("a"), in: .root, for: caller) }
        #expect(try await contents(below: .root, in: test.volume) == [Array("content".utf8)])
        try await test.volume.unlink(try name("%@name-"), in: folder.inode, for: caller)
        let marker = try await test.bucket.head("a/", ReadConditions())
        #expect(marker.size == 0 && marker.metadata["mode"] == "16832")
        try await test.volume.removeDirectory(try name("a"), in: .root, for: caller)
        #expect(try await test.bucket.list(ListRequest()).objects.isEmpty)
    }

    @Test func namesThatNoKeyHasAreRefused() async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        let options = OpenOptions(mode: .writeOnly)
        for text in ["%@", "%@name-a", "%@nonsense", "%@file-", "%@more-short"] {
            await #expect(throws: Errno.invalidArgument, "\(text)") {
                try await test.volume.create(try name(text), in: .root, permissions: 0o644, options: options, for: caller)
            }
            await #expect(throws: Errno.invalidArgument, "\(text)") {
                try await test.volume.makeDirectory(try name(text), in: .root, permissions: 0o755, for: caller)
            }
        }
        let made = try await test.volume.create(try name("%@name-%25@"), in: .root, permissions: 0o644, options: options, for: caller)
        try await test.volume.flush(made.opened.handle)
        await test.volume.release(made.opened.handle)
        #expect(try await test.bucket.list(ListRequest()).objects.map(\.key) == ["%@"])
    }

    @Test func renamesMoveEveryKey() async throws {
        for seed in SeededGenerator.seeds(15) {
            var random = SeededGenerator(seed: seed)
            let below = keys(&random)
            let test = try await VolumeUnderTest()
            defer { test.remove() }
            for key in below {
                _ = try await test.bucket.put(Key(Array("old/".utf8) + key.bytes), BytesSource(Bytes("x")), ObjectAttributes(), .always)
            }
            try await test.volume.rename(try name("old"), in: .root, to: try name("new"), in: .root, mode: .replace, for: caller)
            let moved = try await test.bucket.list(ListRequest()).objects.map(\.key)
            #expect(Set(moved) == Set(below.map { Key(Array("new/".utf8) + $0.bytes) }), "WINDLASS_SEED=\(seed)")
        }
    }
}
