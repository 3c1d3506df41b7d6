import FileSystemTypes
import MetadataCache
import ObjectStorage
import Testing

/// An object as HEAD and a listing tell it.
enum Sample {
    static func info(_ number: Int = 1, seconds: Int64 = 1_700_000_000) -> ObjectInfo {
        var info = ObjectInfo(
            size: Int64(number) * 100, etag: ETag("etag-\(number)"), lastModified: Timestamp(seconds: seconds), contentType: "text/plain",
            metadata: ["mode": "33188", "uid": "\(number)"], version: VersionID("v\(number)"))
        info.headers = [.cacheControl: "no-cache"]
        info.appendPosition = 7
        return info
    }

    static func listed(_ number: Int = 1, _ key: Key? = nil, seconds: Int64 = 1_700_000_000, nanoseconds: Int32 = 123_000_000) -> ListedObject {
        ListedObject(
            key: key ?? Key("folder/name-\(number)"), size: Int64(number) * 100, etag: ETag("etag-\(number)"),
            lastModified: Timestamp(seconds: seconds, nanoseconds: nanoseconds), storageClass: "STANDARD")
    }
}

@Suite struct MetadataRecordTests {
    @Test(.timeLimit(.minutes(1))) func comesBackAsItWas() {
        var bare = ObjectInfo(size: 0)
        bare.lastModified = Timestamp(seconds: -1)
        for info in [Sample.info(), bare] {
            for nanoseconds in [nil, 0, 999_999_999] as [Int32?] {
                let record = MetadataRecord(info: info, nanoseconds: nanoseconds, asked: 1_700_000_100)
                #expect(MetadataRecord(record.encoded) == record)
            }
        }
    }

    /// Every byte that is damaged, and every length that is missing, is noticed.
    @Test(.timeLimit(.minutes(1))) func noticesDamage() {
        let bytes = MetadataRecord(info: Sample.info(), nanoseconds: 5, asked: 1_700_000_100).encoded
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                #expect(MetadataRecord(damaged) == nil, "bit \(bit) of byte \(index)")
            }
            #expect(MetadataRecord(Array(bytes[..<index])) == nil)
        }
        #expect(MetadataRecord(bytes + [0]) == nil)
    }
}

@Suite struct MetadataProofTests {
    private let now: Int64 = 1_700_000_100
    private let proof = MetadataProof(lifetime: nil)

    private func made(_ info: ObjectInfo = Sample.info(), _ listed: ListedObject? = Sample.listed()) -> MetadataRecord? {
        proof.record(info, listed, isExact: true, now: now)
    }

    @Test(.timeLimit(.minutes(1))) func believesWhatAListingShows() throws {
        let record = try #require(made())
        #expect(proof.isProved(record, by: Sample.listed(), now: now))
        var changed = Sample.listed()
        changed.storageClass = nil
        #expect(proof.isProved(record, by: changed, now: now))
    }

    @Test(.timeLimit(.minutes(1))) func believesNothingElse() throws {
        let record = try #require(made())
        let changes: [(inout ListedObject) -> Void] = [
            { $0.etag = ETag("another") }, { $0.etag = nil }, { $0.size += 1 }, { $0.lastModified = nil }, { $0.storageClass = "GLACIER" },
            { $0.lastModified = Timestamp(seconds: 1_700_000_001, nanoseconds: 123_000_000) },
            { $0.lastModified = Timestamp(seconds: 1_700_000_000, nanoseconds: 124_000_000) },
        ]
        for (index, change) in changes.enumerated() {
            var listed = Sample.listed()
            change(&listed)
            #expect(!proof.isProved(record, by: listed, now: now), "change \(index)")
        }
    }

    /// Listed in seconds, two changes within one look the same: the first must not be kept as the second's.
    @Test(.timeLimit(.minutes(1))) func keepsNothingThatMightStillChangeUnseen() {
        let young = Sample.info(seconds: now - 1)
        #expect(proof.record(young, nil, isExact: true, now: now) == nil)
        #expect(proof.record(young, Sample.listed(seconds: now - 1, nanoseconds: 0), isExact: false, now: now) == nil)
        #expect(proof.record(young, Sample.listed(seconds: now - 1), isExact: true, now: now) != nil)
        #expect(proof.record(Sample.info(), nil, isExact: false, now: now) != nil)
    }

    /// The object was replaced between listing and HEAD.
    @Test(.timeLimit(.minutes(1))) func keepsNothingThatIsNotWhatWasListed() {
        #expect(made(Sample.info(2), Sample.listed(1)) == nil)
        #expect(made(Sample.info(seconds: 1_700_000_001)) == nil)
    }

    @Test(.timeLimit(.minutes(1))) func forgetsInTime() throws {
        let record = try #require(made())
        let strict = MetadataProof(lifetime: 60)
        #expect(strict.isProved(record, by: Sample.listed(), now: now + 59))
        #expect(!strict.isProved(record, by: Sample.listed(), now: now + 60))
        #expect(!strict.isProved(record, by: Sample.listed(), now: now - 1))
    }
}
