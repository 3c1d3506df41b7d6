import FileSystemTypes
import StoreServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConditionTests {
    @Test(arguments: [
        ("bytes=0-0", RangeHeader.closed(first: 0, last: 0)), ("bytes=5-", .open(first: 5)), ("bytes=-3", .suffix(count: 3)),
        ("bytes=2-9", .closed(first: 2, last: 9)),
    ])
    func readsRanges(text: String, range: RangeHeader) {
        #expect(RangeHeader(text) == range)
    }

    @Test(arguments: ["bytes=5-2", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,3-4", "items=0-1", "bytes=+1-2", "bytes=1"])
    func takesNonsenseForNoRange(text: String) {
        #expect(RangeHeader(text) == nil)
    }

    @Test func resolvesRanges() {
        #expect(RangeHeader("bytes=0-99")?.resolve(size: 10) == ByteRange(offset: 0, count: 10))
        #expect(RangeHeader("bytes=9-")?.resolve(size: 10) == ByteRange(offset: 9, count: 1))
        #expect(RangeHeader("bytes=10-")?.resolve(size: 10) == nil)
        #expect(RangeHeader("bytes=-20")?.resolve(size: 10) == ByteRange(offset: 0, count: 10))
        #expect(RangeHeader("bytes=-0")?.resolve(size: 10) == nil)
        #expect(RangeHeader("bytes=0-0")?.resolve(size: 0) == nil)
    }

    private let modified = StoreTime(milliseconds: 1_000_000_500)

    private func status(_ conditions: ReadConditions) -> Int {
        do throws(ServiceError) {
            try conditions.check(etag: "e", modified: modified)
            return 200
        } catch {
            return error.status
        }
    }

    @Test func readConditions() {
        let before = StoreTime(milliseconds: 999_999_000)
        let same = StoreTime(milliseconds: 1_000_000_000)
        #expect(status(ReadConditions(ifMatch: EntityTags("\"e\""))) == 200)
        #expect(status(ReadConditions(ifMatch: EntityTags("\"x\", \"e\""))) == 200)
        #expect(status(ReadConditions(ifMatch: EntityTags("*"))) == 200)
        #expect(status(ReadConditions(ifMatch: EntityTags("\"x\""))) == 412)
        #expect(status(ReadConditions(ifNoneMatch: EntityTags("W/\"e\""))) == 304)
        #expect(status(ReadConditions(ifNoneMatch: EntityTags("\"x\""))) == 200)
        #expect(status(ReadConditions(ifModifiedSince: same)) == 304)
        #expect(status(ReadConditions(ifModifiedSince: before)) == 200)
        #expect(status(ReadConditions(ifUnmodifiedSince: same)) == 200)
        #expect(status(ReadConditions(ifUnmodifiedSince: before)) == 412)
        #expect(status(ReadConditions(ifMatch: EntityTags("e"), ifUnmodifiedSince: before)) == 200)
        #expect(status(ReadConditions(ifNoneMatch: EntityTags("x"), ifModifiedSince: same)) == 200)
    }

    @Test func writeConditions() throws {
        try WritePrecondition.none.check(current: nil)
        try WritePrecondition(absent: true).check(current: nil)
        try WritePrecondition(matches: EntityTags("\"e\"")).check(current: "e")
        #expect(throws: ServiceError.self) { try WritePrecondition(absent: true).check(current: "e") }
        #expect(throws: ServiceError.self) { try WritePrecondition(matches: EntityTags("\"e\"")).check(current: "x") }
        #expect(throws: ServiceError.self) { try WritePrecondition(matches: EntityTags("\"e\"")).check(current: nil) }
    }

    @Test func bucketNames() {
        for name in ["abc", "a.b-c", "1ab", "x1.y2.z3", "1.2.3.400"] { #expect(ResourceName.isValidBucket(name), "\(name)") }
        for name in ["ab", "Abc", "a_b", "-ab", "ab-", "a..b", "a.-b", ".ab", "127.0.0.1", String(repeating: "a", count: 64)] {
            #expect(!ResourceName.isValidBucket(name), "\(name)")
        }
    }
}
