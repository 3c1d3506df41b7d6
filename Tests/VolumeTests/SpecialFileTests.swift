import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing
import Volume

/// Symbolic links, FIFOs, sockets and devices.
@Suite(.timeLimit(.minutes(2))) struct SpecialFileTests {
    private let caller = Caller(userID: 0, groupID: 0, processID: 1)

    private func name(_ text: String) throws -> FileName { try #require(FileName(Array(text.utf8))) }

    private func find(_ text: String, in volume: Volume) async throws -> Entry? {
        guard case .found(let entry) = try await volume.lookup(try name(text), in: .root, for: caller) else { return nil }
        return entry
    }

    @Test func eachIsOneRequestAndSurvivesARemount() async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        let device = DeviceNumber(major: 7, minor: 300)
        let kinds: [(String, FileKind)] = [("fifo", .fifo), ("socket", .socket), ("char", .characterDevice), ("block", .blockDevice)]
        for (text, kind) in kinds {
            let before = test.faults.requests.count { $0 == .put }
            let made = try await test.volume.makeNode(try name(text), in: .root, kind: kind, permissions: 0o640, device: device, for: caller)
            #expect(made.attributes.kind == kind)
            #expect(test.faults.requests.count { $0 == .put } == before + 1)
        }
        try await test.crash()
        for (text, kind) in kinds {
            let found = try #require(await find(text, in: test.volume))
            #expect(found.attributes.kind == kind && found.attributes.permissions == 0o640 && found.attributes.size == 0)
            #expect(found.attributes.device == (kind == .characterDevice || kind == .blockDevice ? device : .none))
        }
    }

    @Test(arguments: [1, 20, 4095]) func linksLeadWhereTheyDid(_ length: Int) async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        let target = (0..<length).map { UInt8($0 % 255 + 1) }
        _ = try await test.volume.makeSymbolicLink(try name("link"), in: .root, to: target, for: caller)
        try await test.crash()
        let found = try #require(await find("link", in: test.volume))
        #expect(found.attributes.kind == .symbolicLink && found.attributes.size == Int64(length) && found.attributes.permissions == 0o777)
        #expect(try await test.volume.readSymbolicLink(found.inode) == target)
        // A change of owner does not touch the target.
        var change = AttributeChange()
        change.userID = 5
        _ = try await test.volume.setAttributes(change, of: found.inode, handle: nil, for: caller)
        #expect(await test.volume.drain().isEmpty)
        try await test.crash()
        let again = try #require(await find("link", in: test.volume))
        #expect(again.attributes.kind == .symbolicLink && again.attributes.userID == 5)
        #expect(try await test.volume.readSymbolicLink(again.inode) == target)
    }

    /// The kernel remembers what a link's inode leads to.
    @Test func aLinkThatSomebodyElseReplacedIsAnotherInode() async throws {
        let test = try await VolumeUnderTest(ttl: .zero)
        defer { test.remove() }
        let made = try await test.volume.makeSymbolicLink(try name("link"), in: .root, to: Array("old".utf8), for: caller)
        let stored = try await test.bucket.head("link", ReadConditions())
        _ = try await test.bucket.put("link", BytesSource(Bytes("new")), ObjectAttributes(metadata: stored.metadata), .always)
        let found = try #require(await find("link", in: test.volume))
        #expect(found.inode != made.inode)
        #expect(try await test.volume.readSymbolicLink(found.inode) == Array("new".utf8))
    }

    @Test func twoAtOnceMakeOne() async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        let made = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    (try? await test.volume.makeSymbolicLink(try name("link"), in: .root, to: [UInt8(number + 1)], for: caller)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 1)
    }

    /// A listing cannot tell a small file from a link, and says so; a large one it can.
    @Test func listingsDoNotGuess() async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        _ = try await test.volume.makeSymbolicLink(try name("link"), in: .root, to: Array("small".utf8), for: caller)
        _ = try await test.bucket.put("small", BytesSource(Bytes("12345")), ObjectAttributes(), .always)
        _ = try await test.bucket.put("large", BytesSource(Bytes([UInt8](repeating: 1, count: 5000))), ObjectAttributes(), .always)
        try await test.crash()
        let listed = try await test.volume.listing(of: .root, for: caller)
        let kinds = Dictionary(uniqueKeysWithValues: listed.map { (String(decoding: $0.name, as: UTF8.self), $0.kind) })
        #expect(kinds["link"] == .some(nil) && kinds["small"] == .some(nil) && kinds["large"] == .regular && kinds["."] == .directory)
    }
}
