import FileSystemTypes
import ObjectStorage
import Testing
import Transfers

/// What has to be transferred.
@Suite(.timeLimit(.minutes(1))) struct ComparisonTests {
    private func entry(_ size: Int64, _ seconds: Int64, _ nanoseconds: Int32 = 0, etag: String? = nil) -> TransferEntry {
        TransferEntry(
            path: RelativePath("a"), size: size, modified: Timestamp(seconds: seconds, nanoseconds: nanoseconds), etag: etag.map { ETag($0) })
    }

    private func info(stored: String? = nil, at seconds: Int64 = 100) -> ObjectInfo {
        ObjectInfo(size: 1, lastModified: Timestamp(seconds: seconds), metadata: stored.map { ["mtime": $0] } ?? [:])
    }

    @Test func anotherSizeIsNeverTheSame() {
        for direction in [TransferDirection.up, .down, .across] {
            for rule in [ComparisonRule.size, .sizeAndTime, .content] {
                let comparison = Comparison(direction, source: entry(1, 5, etag: "x"), target: entry(2, 5, etag: "x"))
                #expect(comparison.verdict(rule) == .differs("size"))
            }
        }
    }

    @Test func upComparesTheStoredTime() {
        let comparison = Comparison(.up, source: entry(1, 50, 7), target: entry(1, 100))
        #expect(comparison.verdict(.sizeAndTime) == .ask(source: false, target: true))
        #expect(comparison.verdict(.size) == .same)
        #expect(comparison.verdict(.content) == .compareContent)
        #expect(comparison.verdict(source: nil, target: info(stored: "50.000000007")) == .same)
        #expect(comparison.verdict(source: nil, target: info(stored: "50")) == .same)
        #expect(comparison.verdict(source: nil, target: info(stored: "50.000000008")) == .differs("time"))
        // An older file in the place of the one that was stored.
        #expect(comparison.verdict(source: nil, target: info(stored: "60.0")) == .differs("time"))
        // Without a stored time the object is of that file only if it is newer.
        #expect(comparison.verdict(source: nil, target: info(at: 51)) == .same)
        #expect(comparison.verdict(source: nil, target: info(at: 50)) == .differs("time"))
        #expect(comparison.verdict(source: nil, target: nil) == .differs("time"))
    }

    @Test func downComparesTheTimeThatTheFileGot() {
        let same = Comparison(.down, source: entry(1, 100, 500), target: entry(1, 100))
        #expect(same.verdict(.sizeAndTime) == .same)
        let other = Comparison(.down, source: entry(1, 100), target: entry(1, 50, 7))
        #expect(other.verdict(.sizeAndTime) == .ask(source: true, target: false))
        #expect(other.verdict(source: info(stored: "50.000000007"), target: nil) == .same)
        #expect(other.verdict(source: info(stored: "50.0"), target: nil) == .differs("time"))
        #expect(other.verdict(source: info(at: 100), target: nil) == .differs("time"))
    }

    @Test func acrossComparesETagsThenTimes() {
        #expect(Comparison(.across, source: entry(1, 1, etag: "x"), target: entry(1, 9, etag: "x")).verdict(.sizeAndTime) == .same)
        let other = Comparison(.across, source: entry(1, 1, etag: "x"), target: entry(1, 9, etag: "y"))
        #expect(other.verdict(.content) == .differs("content"))
        #expect(other.verdict(.sizeAndTime) == .ask(source: true, target: true))
        #expect(other.verdict(source: info(stored: "5.0"), target: info(stored: "5.0")) == .same)
        #expect(other.verdict(source: info(stored: "5.0"), target: info()) == .differs("time"))
        #expect(other.verdict(source: info(at: 4), target: info(at: 5)) == .same)
        #expect(other.verdict(source: info(at: 5), target: info(at: 5)) == .differs("time"))
    }

    @Test func aChangedSourceIsNoticed() {
        let before = SourceIdentity(size: 1, modified: Timestamp(seconds: 1, nanoseconds: 2), inode: 3)
        #expect(before.change(to: before) == nil)
        #expect(before.change(to: SourceIdentity(size: 2, modified: Timestamp(seconds: 1, nanoseconds: 2), inode: 3)) != nil)
        #expect(before.change(to: SourceIdentity(size: 1, modified: Timestamp(seconds: 1, nanoseconds: 3), inode: 3)) != nil)
        #expect(before.change(to: SourceIdentity(size: 1, modified: Timestamp(seconds: 1, nanoseconds: 2), inode: 4)) != nil)
        #expect(SourceIdentity(size: 1, etag: ETag("a")).change(to: SourceIdentity(size: 1, etag: ETag("b"))) != nil)
    }
}
