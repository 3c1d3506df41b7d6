import Content
import FileSystemTypes
import ObjectStorage
import Testing

@Suite struct ExtentMapTests {
    private let base = ModelFile.version("file", size: 100)

    private func range(_ offset: Int64, _ count: Int64) -> ByteRange { ByteRange(offset: offset, count: count) }

    @Test(.timeLimit(.minutes(1)))
    func pristineUntilChanged() {
        #expect(ExtentMap(base: base).isPristine)
        #expect(ExtentMap(base: ModelFile.version("empty", size: 0)).isPristine)
        #expect(!ExtentMap().isPristine)
        var map = ExtentMap(base: base)
        map.truncate(to: 99)
        #expect(!map.isPristine && map.dirtyRanges.isEmpty)
        map.truncate(to: 100)
        #expect(!map.isPristine)
        #expect(map.dirtyRanges == [range(99, 1)])
    }

    @Test(.timeLimit(.minutes(1)))
    func copyingAFileWholeIsItsObject() throws {
        var map = ExtentMap()
        let copies = try map.copyRange(range(0, 1000), of: ExtentMap(base: base), to: 0, stagingAt: 0)
        #expect(copies.isEmpty)
        #expect(map.extents == [Extent(range(0, 100), .remote(base, offset: 0))])
        #expect(map.sources == [base])
    }

    /// Writing back what a gap holds makes one extent of three, as long as staging has the file's own offsets.
    @Test(.timeLimit(.minutes(1)))
    func gapsBoundTheMap() {
        var map = ExtentMap(base: ModelFile.version("file", size: 10_000))
        for index: Int64 in 0..<500 { map.write(range(index * 20, 10 + index % 5), at: index * 20) }
        #expect(map.gapsToFill(limit: 1000).isEmpty)
        let gaps = map.gapsToFill(limit: 400)
        for gap in gaps {
            #expect(gap.stagingOffset == gap.extent.range.offset)
            map.write(gap.extent.range, at: gap.stagingOffset)
        }
        #expect(map.extentCount <= 400)
        #expect(gaps.count < 400)
        // The smallest ones: gaps have 6 to 10 bytes here.
        #expect(gaps.allSatisfy { $0.extent.range.count < 10 })
    }

    @Test(.timeLimit(.minutes(1)))
    func gapsWhereStagingHasOtherOffsetsAreLeft() {
        var map = ExtentMap(base: base)
        for index: Int64 in 0..<5 { map.write(range(index * 20, 10), at: index * 10) }
        #expect(map.gapsToFill(limit: 1).isEmpty)
    }

    /// A write that overtakes a part on its way leaves the part incomplete.
    @Test(.timeLimit(.minutes(1)))
    func aWriteOvertakesAPart() {
        var map = ExtentMap()
        map.append(30, at: 0)
        map.beginPart(1, range(0, 10))
        map.beginPart(2, range(10, 10))
        map.write(range(12, 2), at: 12)
        let first = map.confirmPart(1, range(0, 10), etag: ETag("a"))
        let second = map.confirmPart(2, range(10, 10), etag: ETag("b"))
        #expect(first && !second)
        #expect(map.wholeParts == [PlacedPart(part: SentPart(number: 1, size: 10, etag: ETag("a")), range: range(0, 10))])
        // Sent again somewhere else, it is no longer where it was.
        map.beginPart(1, range(20, 10))
        map.confirmPart(1, range(20, 10), etag: ETag("c"))
        #expect(map.wholeParts.map(\.range) == [range(20, 10)])
    }

    @Test(.timeLimit(.minutes(1)))
    func whatOnlyAPartHoldsIsNotGivenUp() throws {
        var map = ExtentMap()
        map.append(20, at: 0)
        map.beginPart(1, range(0, 10))
        let early = map.releaseSent(in: range(0, 20))
        #expect(early.isEmpty, "the store has not confirmed it")
        map.confirmPart(1, range(0, 10), etag: ETag("a"))
        let released = map.releaseSent(in: range(0, 20))
        #expect(released == [range(0, 10)])
        #expect(map.localByteCount == 10)
        #expect(map.wholeParts.count == 1)
        let before = map
        #expect(throws: BytesOnlyInPart(range: range(0, 10))) { try map.forgetParts() }
        #expect(map == before)
        map.write(range(0, 10), at: 50)
        try map.forgetParts()
        #expect(map.wholeParts.isEmpty)
    }

    @Test(.timeLimit(.minutes(1)))
    func aRenamedSourceIsTheSameBytes() {
        var map = ExtentMap(base: base)
        map.write(range(10, 10), at: 0)
        let moved = ObjectVersion(key: "moved", etag: ETag("new"), size: 100)
        map.replaceSource(base, with: moved)
        #expect(map.sources == [moved])
        #expect(map.dirtyRanges == [range(10, 10)])
    }
}
