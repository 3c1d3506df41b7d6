import FileSystemTypes
import ObjectStorage
import PosixMetadata
import TestSupport
import Testing
import Volume

/// What is kept with objects besides their bytes.
@Suite(.timeLimit(.minutes(2))) struct AttributeTests {
    private let caller = Caller(userID: 0, groupID: 0, processID: 1)

    private func name(_ text: String) throws -> FileName { try #require(FileName(Array(text.utf8))) }
    private func attribute(_ text: String) throws -> ExtendedAttributeName { try #require(ExtendedAttributeName(text)) }

    private func make(_ text: String, in volume: Volume, content: String = "content") async throws -> Inode {
        let options = OpenOptions(mode: .readWrite)
        let made = try await volume.create(try name(text), in: .root, permissions: 0o644, options: options, for: caller)
        try await volume.write(made.opened.handle, at: 0, Bytes(content))
        try await volume.flush(made.opened.handle)
        await volume.release(made.opened.handle)
        return made.entry.inode
    }

    private func find(_ text: String, in volume: Volume) async throws -> Entry {
        guard case .found(let entry) = try await volume.lookup(try name(text), in: .root, for: caller) else { throw Errno.noSuchFile }
        return entry
    }

    private func set(_ inode: Inode, in volume: Volume, _ body: (inout AttributeChange) -> Void) async throws -> Attributes {
        var change = AttributeChange()
        body(&change)
        return try await volume.setAttributes(change, of: inode, handle: nil, for: caller).attributes
    }

    @Test func whatOthersStoredIsKept() async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        let foreign = ["mode": "33188", "md5chksum": "x", "color": "blue", "goog-reserved-posix-uid": "7", "s3cmd-attrs": "uid:9"]
        var attributes = ObjectAttributes(contentType: "text/x-own", metadata: foreign, storageClass: "STANDARD_IA")
        attributes.headers = [.contentEncoding: "gzip", .cacheControl: "no-store"]
        _ = try await test.bucket.put("file", BytesSource(Bytes("old")), attributes, .always)
        let inode = try await find("file", in: test.volume).inode
        _ = try await set(inode, in: test.volume) { $0.permissions = 0o600 }
        #expect(await test.volume.drain().isEmpty)
        var info = try await test.bucket.head("file", ReadConditions())
        #expect(info.metadata["color"] == "blue" && info.metadata["md5chksum"] == "x" && info.metadata["mode"] == "33152")
        #expect(info.headers == attributes.headers && info.storageClass == "STANDARD_IA")
        #expect(info.contentType == "text/x-own" && info.metadata["goog-reserved-posix-uid"] == "7")
        try await test.crash()
        let opened = try await test.volume.open(
            try await find("file", in: test.volume).inode, options: OpenOptions(mode: .readWrite), for: caller)
        try await test.volume.write(opened.handle, at: 0, Bytes("new"))
        try await test.volume.flush(opened.handle)
        await test.volume.release(opened.handle)
        info = try await test.bucket.head("file", ReadConditions())
        #expect(info.metadata["md5chksum"] == nil, "it was true of the old content only")
        #expect(info.metadata["color"] == "blue" && info.metadata["mode"] == "33152" && info.headers == attributes.headers)
    }

    @Test func everyAttributeSurvivesARemount() async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        let inode = try await make("file.html", in: test.volume)
        let before = try await set(inode, in: test.volume) { change in
            (change.permissions, change.userID, change.groupID) = (0o4751, 12, 34)
            change.accessed = .at(Timestamp(seconds: 1_000_000_000, nanoseconds: 1))
            change.modified = .at(Timestamp(seconds: -5, nanoseconds: 999_999_999))
        }
        try await test.volume.setExtendedAttribute(try attribute("user.binary"), of: inode, to: [0, 255, 10], mode: .create, for: caller)
        let changed = try await test.volume.attributes(of: inode, handle: nil).attributes.changed
        #expect(await test.volume.drain().isEmpty)
        try await test.crash()
        let after = try await find("file.html", in: test.volume).attributes
        #expect(after.permissions == 0o4751 && after.userID == 12 && after.groupID == 34 && after.inode == before.inode)
        #expect(after.accessed == before.accessed && after.modified == before.modified && after.changed == changed)
        #expect(try await test.volume.extendedAttribute(try attribute("user.binary"), of: after.inode, for: caller) == [0, 255, 10])
        #expect(try await test.bucket.head("file.html", ReadConditions()).contentType == "text/html")
    }

    /// Within a second, that is; here the disk may take longer.
    @Test func changesWithinASecondAreOneRequest() async throws {
        let test = try await VolumeUnderTest(ttl: .seconds(60)) { $0.attributeDelay = .seconds(60) }
        defer { test.remove() }
        let inode = try await make("file", in: test.volume)
        let before = test.faults.requests.count
        for number in 0..<10 {
            _ = try await set(inode, in: test.volume) { $0.permissions = 0o600 + UInt16(number) }
            let name = try attribute("user.\(number)")
            try await test.volume.setExtendedAttribute(name, of: inode, to: [UInt8(number)], mode: .createOrReplace, for: caller)
        }
        #expect(test.faults.requests.count == before)
        // What is only in the journal is there after a crash.
        try await test.crash()
        let entry = try await find("file", in: test.volume)
        #expect(entry.attributes.permissions == 0o611)
        #expect(try await test.volume.extendedAttributeNames(of: entry.inode, for: caller).filter { $0.isIn("user.") }.count == 10)
        let written = test.faults.requests.count
        #expect(await test.volume.drain().isEmpty)
        #expect(test.faults.requests.dropFirst(written).filter { $0 == .copy || $0 == .put }.count <= 1)
        #expect(try await test.bucket.head("file", ReadConditions()).metadata["mode"] == "33161")
    }

    @Test func metadataThatDoNotFitAreRefusedAndNothingIsChanged() async throws {
        let test = try await VolumeUnderTest()
        defer { test.remove() }
        let inode = try await make("file", in: test.volume)
        let (small, large) = (try attribute("user.small"), try attribute("user.large"))
        try await test.volume.setExtendedAttribute(small, of: inode, to: [1], mode: .create, for: caller)
        await #expect(throws: Errno.noSpace) {
            try await test.volume.setExtendedAttribute(large, of: inode, to: [UInt8](repeating: 1, count: 2000), mode: .create, for: caller)
        }
        #expect(try await test.volume.extendedAttributeNames(of: inode, for: caller).filter { $0.isIn("user.") } == [small])
        _ = try await set(inode, in: test.volume) { $0.permissions = 0o600 }
        #expect(await test.volume.drain().isEmpty)
        await #expect(throws: Errno.noSpace) {
            try await test.volume.setExtendedAttribute(large, of: .root, to: [UInt8](repeating: 1, count: 2000), mode: .create, for: caller)
        }
    }

    @Test func withoutPosixNothingIsBelievedOrChanged() async throws {
        let test = try await VolumeUnderTest { $0.keepsAttributes = false }
        defer { test.remove() }
        let stored = ["mode": "41471", "uid": "77", "mtime": "5", "color": "blue"]
        _ = try await test.bucket.put("file", BytesSource(Bytes("target")), ObjectAttributes(metadata: stored), .always)
        let entry = try await find("file", in: test.volume)
        #expect(entry.attributes.kind == .regular && entry.attributes.userID == 0 && entry.attributes.permissions == 0o644)
        await #expect(throws: Errno.notPermitted) { try await set(entry.inode, in: test.volume) { $0.permissions = 0o600 } }
        await #expect(throws: Errno.notPermitted) { try await set(entry.inode, in: test.volume) { $0.modified = .at(Timestamp(seconds: 1)) } }
        await #expect(throws: Errno.notSupported) {
            try await test.volume.setExtendedAttribute(try attribute("user.a"), of: entry.inode, to: [1], mode: .create, for: caller)
        }
        await #expect(throws: Errno.notPermitted) {
            try await test.volume.makeSymbolicLink(try name("link"), in: .root, to: [1], for: caller)
        }
        _ = try await set(entry.inode, in: test.volume) { ($0.permissions, $0.modified) = (0o644, .now) }
        let opened = try await test.volume.open(entry.inode, options: OpenOptions(mode: .readWrite), for: caller)
        try await test.volume.write(opened.handle, at: 0, Bytes("changed"))
        try await test.volume.flush(opened.handle)
        await test.volume.release(opened.handle)
        _ = try await make("new", in: test.volume)
        #expect(try await test.bucket.head("file", ReadConditions()).metadata == stored)
        #expect(try await test.bucket.head("new", ReadConditions()).metadata == [:])
    }

    @Test func readingChangesTheAccessTimeWhereItIsWanted() async throws {
        for policy in AccessTimePolicy.allCases {
            let test = try await VolumeUnderTest { $0.accessTimes = policy }
            defer { test.remove() }
            let inode = try await make("file", in: test.volume)
            let old = Timestamp(seconds: 1_000_000_000)
            let before = try await set(inode, in: test.volume) { $0.accessed = .at(old) }
            for _ in 0..<3 {
                let opened = try await test.volume.open(inode, options: OpenOptions(mode: .readOnly), for: caller)
                #expect(try await test.volume.read(opened.handle, at: 0, count: 10).count == 7)
                await test.volume.release(opened.handle)
            }
            let after = try await test.volume.attributes(of: inode, handle: nil).attributes
            #expect((after.accessed > old) == (policy == .relatime))
            #expect(after.changed == before.changed && after.modified == before.modified)
            #expect(await test.volume.drain().isEmpty)
            let stored = try await test.bucket.head("file", ReadConditions()).metadata["atime"]
            #expect((stored == "1000000000.000000000") == (policy == .off))
        }
    }

    @Test func factsAboutTheObjectAreShown() async throws {
        // What is stored only when the volume is drained, also the second time.
        let test = try await VolumeUnderTest {
            $0.listsFacts = true
            $0.attributeDelay = .seconds(60)
        }
        defer { test.remove() }
        let inode = try await make("page.html", in: test.volume)
        let info = try await test.bucket.head("page.html", ReadConditions())
        let etag = try await test.volume.extendedAttribute(try attribute("windlass.etag"), of: inode, for: caller)
        #expect(etag == Array(try #require(info.etag).text.utf8))
        #expect(try await test.volume.extendedAttributeNames(of: inode, for: caller).contains(try attribute("windlass.content-type")))
        let type = try attribute("windlass.content-type")
        try await test.volume.setExtendedAttribute(type, of: inode, to: Array("text/x-mine".utf8), mode: .replace, for: caller)
        let control = try attribute("windlass.cache-control")
        try await test.volume.setExtendedAttribute(control, of: inode, to: Array("no-cache".utf8), mode: .create, for: caller)
        #expect(await test.volume.drain().isEmpty)
        let stored = try await test.bucket.head("page.html", ReadConditions())
        #expect(stored.contentType == "text/x-mine" && stored.headers == [.cacheControl: "no-cache"])
        for name in try await test.volume.extendedAttributeNames(of: inode, for: caller) {
            try await test.volume.removeExtendedAttribute(name, of: inode, for: caller)
        }
        #expect(await test.volume.drain().isEmpty)
        let plain = try await test.bucket.head("page.html", ReadConditions())
        #expect(plain.contentType == "text/html" && plain.headers == [:])
        for (text, errno) in [("windlass.etag", Errno.notPermitted), ("windlass.nonsense", .notPermitted), ("security.a", .notSupported)] {
            await #expect(throws: errno) {
                try await test.volume.setExtendedAttribute(try attribute(text), of: inode, to: [65], mode: .createOrReplace, for: caller)
            }
        }
    }
}
