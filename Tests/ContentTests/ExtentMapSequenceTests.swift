import Content
import FileSystemTypes
import TestSupport
import Testing

/// Random edits: after each, the map says what an array of bytes says.
@Suite struct ExtentMapSequenceTests {
    @Test(.timeLimit(.minutes(2)), arguments: ModelFile.Placement.allCases)
    func editsAgreeWithBytes(placement: ModelFile.Placement) async {
        for (index, seed) in SeededGenerator.seeds(300).enumerated() {
            let size = [nil, 0, 1, 40, 96][index % 5]
            let fresh = ModelFile(size: size, placement: placement, seed: seed)
            let edits = EditGenerator(releases: placement == .log).sequence(seed: seed, length: 60)
            await expectNoDisagreement(fresh, edits, seed)
        }
    }

    private func expectNoDisagreement(_ fresh: ModelFile, _ edits: [Edit], _ seed: UInt64) async {
        guard Self.failure(fresh, edits) != nil else { return }
        let short = await Shrinker<Edit> { Self.failure(fresh, $0) != nil }.shrink(edits)
        Issue.record("WINDLASS_SEED=\(seed): \(Self.failure(fresh, short) ?? "gone") after \(short)")
    }

    private static func failure(_ fresh: ModelFile, _ edits: [Edit]) -> String? {
        var file = fresh
        for edit in edits {
            file.apply(edit)
            if let found = file.disagreement() { return found }
        }
        return nil
    }

    /// The check sees a map that is wrong by one byte, by one extent and by one note.
    @Test(.timeLimit(.minutes(1)))
    func theCheckSeesWrongMaps() throws {
        var file = ModelFile(size: 40)
        file.apply(.write(offset: 10, count: 5))
        #expect(file.disagreement() == nil)
        var shifted = file
        shifted.map.write(ByteRange(offset: 10, count: 5), at: 1)
        shifted.staging.append(0)
        #expect(shifted.disagreement() != nil)
        var shorter = file
        shorter.map.truncate(to: 39)
        #expect(shorter.disagreement() != nil)
        var noted = file
        noted.map.beginPart(1, ByteRange(offset: 0, count: 3))
        #expect(noted.disagreement() != nil)
    }

    /// Thousands of extents, so that chunks split and join; the same against a plain array of marks.
    @Test(.timeLimit(.minutes(2)))
    func manyExtents() {
        for seed in SeededGenerator.seeds(4) {
            var random = SeededGenerator(seed: seed)
            let size = 20_000
            var map = ExtentMap(base: ModelFile.version("file", size: size))
            var marks = [Int64](repeating: -1, count: size)
            for step in 0..<8000 {
                let offset = Int.random(in: 0..<size, using: &random)
                let count = min(random.oneIn(400) ? 5000 : Int.random(in: 1...3, using: &random), size - offset)
                map.write(ByteRange(offset: Int64(offset), count: Int64(count)), at: Int64(step * 10_000))
                for place in 0..<count { marks[offset + place] = Int64(step * 10_000 + place) }
            }
            let found = map.extents.flatMap { extent -> [Int64] in
                guard case .local(let start) = extent.origin else { return Array(repeating: -1, count: Int(extent.range.count)) }
                return Array(start..<start + extent.range.count)
            }
            #expect(found == marks, "WINDLASS_SEED=\(seed)")
            #expect(map.extentCount > 1000)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func editsOfALargeMapAreFast() {
        let count: Int64 = 200_000
        var map = ExtentMap(base: ModelFile.version("file", size: Int(count) * 20))
        let clock = ContinuousClock()
        let elapsed = clock.measure {
            for step in 0..<count { map.write(ByteRange(offset: (step * 7919 % count) * 20, count: 10), at: step * 10) }
        }
        print("\(map.extentCount) extents by \(count) writes: \(elapsed / Int(count)) each")
        #expect(map.extentCount == count * 2)
        #expect(elapsed < .seconds(20))
    }
}
