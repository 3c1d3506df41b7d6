import FileSystemTypes
import ObjectStorage
import Testing
import Versions

@Suite(.timeLimit(.minutes(1)))
struct VersionKeyTests {
    @Test(arguments: ["null", "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo", "a@b", "50%", "%2F", "a\u{0}b"])
    func eachVersionHasOneKey(id: String) throws {
        let key = VersionKey.key(of: "folder/na@me", VersionID(id))
        #expect(!key.bytes.dropFirst(7).contains(UInt8(ascii: "/")))
        let parsed = try #require(VersionKey.parse(key))
        #expect(parsed.object == "folder/na@me" && parsed.version == VersionID(id))
    }

    @Test(arguments: ["plain", "@id", "a@", "a@b/c", "a@%", "a@%2", "a@%41", "a@%+1", "a@%2f"])
    func otherKeysAreNone(text: String) {
        #expect(VersionKey.parse(Key(text)) == nil)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct PointInTimeTests {
    private let now = Timestamp(seconds: 2_000_000_000, nanoseconds: 7)

    @Test(arguments: [
        ("2026-03-14T09:26:53Z", 1_773_480_413), ("2026-03-14T11:26:53+02:00", 1_773_480_413), ("2026-03-14T03:56:53.000-05:30", 1_773_480_413),
        ("0s", 2_000_000_000), ("90s", 1_999_999_910), ("15m", 1_999_999_100), ("2h", 1_999_992_800), ("3d", 1_999_740_800), ("1w", 1_999_395_200),
    ])
    func understood(text: String, seconds: Int64) {
        #expect(PointInTime.parse(text, now: now)?.seconds == seconds)
    }

    @Test(arguments: [
        "", "h", "-1h", "1.5h", "yesterday", "2026-03-14", "2026-03-14T09:26:53", "2026-03-14T09:26:53+2", "9999999999999999999d", "99999w",
    ])
    func refused(text: String) {
        #expect(PointInTime.parse(text, now: now) == nil)
    }
}
