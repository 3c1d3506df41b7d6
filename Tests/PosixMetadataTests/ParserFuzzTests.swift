import FileSystemTypes
import PosixMetadata
import TestSupport
import Testing

/// Whatever other programs left in the metadata: no parser traps, and what it reads is written so that it is read the same.
@Suite struct ParserFuzzTests {
    private static let names = [
        "mode", "uid", "gid", "mtime", "ctime", "atime", "rdev", "xattr", "permissions", "owner", "group", "goog-reserved-posix-mode",
        "goog-reserved-file-mtime", "gcsfuse_mtime", "file-permissions", "file-mtime", "file-atime", "file-owner", "s3cmd-attrs", "symlink-target",
        "--symlink-target", "gcsfuse_symlink_target", "is_symlink", "goog-reserved-file-is-symlink", "color",
    ]

    private static let seeds = [
        "33188", "0100644", "100644", "41777", "65535", "4294967295", "-1", "1700000000.123456789", "-1.5", "1595002920000000000ns", "5ms", ".5",
        "1.",
        "2023-11-14T22:13:20.123456789+01:00", "2023-02-30T24:61:61Z", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "true",
        "{\"user.a\":\"AA==\",\"user.b\":\"\"}", "%7B%22user.a%22%3A%22AA%3D%3D%22%7D", "a/b%00c%", "mode:33188/uid:5/mtime:12/x", "0x801", "", " ",
        "+5",
    ]

    private func text(_ random: inout SeededGenerator) -> String {
        var bytes = Array(random.pick(Self.seeds).utf8)
        for _ in 0..<random.pick([0, 0, 1, 2, 5]) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch random.pick([0, 1, 2]) {
            case 0: bytes.insert(random.pick(Array("0123456789.-+:TZ%{}\"\\,un ".utf8) + [0xC3, 0xFF, 0]), at: place)
            case 1: if place < bytes.count { bytes.remove(at: place) }
            default: bytes += bytes.prefix(place)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(.timeLimit(.minutes(2)))
    func anyMetadata() {
        var random = SeededGenerator(seed: SeededGenerator.baseSeed)
        var understood = 0
        for _ in 0..<60_000 {
            var metadata: [String: String] = [:]
            for _ in 0..<random.pick([1, 2, 6]) { metadata[random.pick(Self.names)] = text(&random) }
            let isFolder = random.oneIn(3)
            let stored = StoredMetadata(metadata, isFolder: isFolder)
            let kind = stored.kind(isFolder: isFolder, size: random.pick([0, 1, 5000]))
            if stored.permissions != nil || stored.modified != nil { understood += 1 }
            let written = stored.written(over: metadata, kind: kind)
            let again = StoredMetadata(written, isFolder: isFolder)
            #expect(again.permissions == stored.permissions && again.userID == stored.userID && again.groupID == stored.groupID)
            #expect(again.modified == stored.modified && again.changed == stored.changed && again.accessed == stored.accessed)
            #expect(again.device == stored.device && again.linkTarget == stored.linkTarget || stored.kind != kind)
            #expect(again.written(over: written, kind: kind) == written, "writing again changes nothing")
            for (name, value) in metadata where name == "color" { #expect(written[name] == value) }
        }
        #expect(understood > 10_000)
    }

    @Test(.timeLimit(.minutes(2)))
    func anyAttributeText() {
        var random = SeededGenerator(seed: SeededGenerator.baseSeed &+ 1)
        var damaged = 0
        for _ in 0..<60_000 {
            let attributes = ExtendedAttributes(decoding: text(&random))
            if attributes.isDamaged { damaged += 1 }
            let again = ExtendedAttributes(decoding: attributes.encoded ?? "")
            #expect(again.names == attributes.names && again.names.allSatisfy { again[$0] == attributes[$0] })
            #expect(!again.isDamaged)
        }
        #expect((1000..<59_000).contains(damaged))
    }

    @Test(.timeLimit(.minutes(2)))
    func anyAccessControlList() throws {
        var random = SeededGenerator(seed: SeededGenerator.baseSeed &+ 2)
        let valid: [UInt8] = [
            2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 6, 0, 7, 0, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255, 0x10, 0, 5, 0, 255, 255, 255, 255,
            0x20, 0, 0, 0, 255, 255, 255, 255,
        ]
        var accepted = 0
        for _ in 0..<60_000 {
            var bytes = valid
            for _ in 0..<random.pick([0, 1, 1, 2]) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = random.pick([0, 1, 2, 4, 7, 8, 16, 32, 255])
            }
            if random.oneIn(8) { bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))) }
            guard let list = try? AccessControlList.decode(bytes) else { continue }
            accepted += 1
            #expect(try AccessControlList.decode(list.encoded) == list)
            let permissions = list.permissions
            #expect(list.changed(to: permissions) == list, "the permissions of a list are its own")
            #expect(list.inherited(permissions: 0o777).permissions == permissions)
        }
        #expect((10_000..<59_000).contains(accepted))
    }

    @Test(.timeLimit(.minutes(1)))
    func anyTimeIsWrittenExactly() {
        var random = SeededGenerator(seed: SeededGenerator.baseSeed &+ 3)
        for _ in 0..<20_000 {
            var stored = StoredMetadata()
            let seconds = random.pick([
                0, 1, -1, 1_700_000_000, 100_000_000_000, 1 << 34, -2_208_988_800, Int64.random(in: .min ... .max, using: &random),
            ])
            stored.modified = Timestamp(
                seconds: seconds, nanoseconds: random.pick([0, 1, 999_999_999, Int32.random(in: 0..<1_000_000_000, using: &random)]))
            #expect(StoredMetadata(stored.written(over: [:], kind: .regular), isFolder: false).modified == stored.modified)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func anyNameHasAType() throws {
        var random = SeededGenerator(seed: SeededGenerator.baseSeed &+ 4)
        for _ in 0..<20_000 {
            let bytes = (0..<random.pick([1, 3, 10, 255])).map { _ in random.pick(Array("abz.tx~".utf8) + [0xFF, 0x80]) }
            guard let name = FileName(bytes) else { continue }
            #expect(ContentType.guess(.regular, name: name).contains("/"))
        }
    }
}
