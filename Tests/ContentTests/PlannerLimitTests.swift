import Content
import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing

/// Numbers of parts, largest objects, and how long a plan takes.
@Suite struct PlannerLimitTests {
    static let huawei: StoreLimits = {
        var limits = StoreLimits.s3
        limits.minimumPart = 100 << 10
        limits.object = 48_800 << 30
        return limits
    }()

    private func planner(_ limits: StoreLimits) -> Planner {
        Planner(limits: limits, capabilities: .memory)
    }

    private func parts(_ plan: UploadPlan) throws -> [PlannedPart] {
        guard case .multipart(let list) = plan.content else { throw PlanFailure("no multipart upload") }
        return list.parts
    }

    /// The rules of every store: checked here where no store in memory could hold the bytes.
    private func expectLegal(_ parts: [PlannedPart], _ size: Int64, _ limits: StoreLimits) {
        var end: Int64 = 0
        for part in parts {
            let isLarge = part.range.count >= limits.minimumPart || part.range.end == size
            #expect(part.range.offset == end && isLarge && part.range.count <= limits.maximumPart && part.range.count > 0, "\(part)")
            end = part.range.end
        }
        #expect(end == size)
        #expect(parts.count <= limits.parts)
        #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.number < $1.number })
        #expect(parts.last?.number ?? 0 <= limits.parts)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [StoreLimits.s3, huawei])
    func theLargestObject(limits: StoreLimits) throws {
        var map = ExtentMap()
        map.append(limits.object, at: 0)
        expectLegal(try parts(planner(limits).plan(map)), limits.object, limits)
        map.append(1, at: limits.object)
        #expect(throws: PlanError.tooLarge(size: limits.object + 1, limit: limits.object)) { try planner(limits).plan(map) }
    }

    /// More islands than parts: gaps are fetched until the number suffices, and no more than that.
    @Test(.timeLimit(.minutes(1)))
    func moreIslandsThanParts() throws {
        let count: Int64 = 20_000
        let spacing: Int64 = 30 << 20
        var map = ExtentMap(base: ObjectVersion(key: "file", etag: nil, size: count * spacing))
        for index in 0..<count { map.write(ByteRange(offset: index * spacing, count: 6 << 20), at: index * spacing) }
        let clock = ContinuousClock()
        var found: UploadPlan?
        let elapsed = try clock.measure { found = try planner(.s3).plan(map) }
        let plan = try #require(found)
        let parts = try parts(plan)
        print("\(map.extentCount) extents in \(elapsed), \(parts.count) parts, \(plan.cost)")
        expectLegal(parts, map.size, .s3)
        #expect(parts.count > 9000)
        #expect(elapsed < .seconds(10))
    }

    @Test(.timeLimit(.minutes(1)))
    func tenThousandExtentsAreFast() throws {
        var random = SeededGenerator(seed: SeededGenerator.baseSeed)
        var map = ExtentMap(base: ObjectVersion(key: "file", etag: nil, size: 1 << 40))
        while map.extentCount < 10_000 {
            let offset = Int64.random(in: 0..<map.size - 4096, using: &random)
            map.write(ByteRange(offset: offset, count: 4096), at: offset)
        }
        for (name, change) in [("parts", { _ in }), ("in place", { $0.modify = true })] as [(String, (inout Capabilities) -> Void)] {
            var capabilities = Capabilities.memory
            change(&capabilities)
            let planner = Planner(limits: .s3, capabilities: capabilities)
            let clock = ContinuousClock()
            var plan: UploadPlan?
            let elapsed = try clock.measure { plan = try planner.plan(map) }
            print("\(map.extentCount) extents, \(name): \(elapsed), \(plan.map { "\($0.cost)" } ?? "")")
            #expect(elapsed < .seconds(3))
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [StoreLimits.s3, huawei])
    func streamsReachTheLargestObject(limits: StoreLimits) {
        let sizes = StreamingPartSizes(first: 16 << 20, limits: limits)
        let all = Array(sizes)
        #expect(all.count == limits.parts && all[0] == 16 << 20)
        #expect(all.allSatisfy { $0 <= limits.maximumPart } && zip(all, all.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(all.reduce(0, +) == sizes.reach && sizes.reach >= limits.object)
        #expect(sizes.enumerated().allSatisfy { sizes[$0.offset + 1] == $0.element })
        // A file of a gigabyte has parts that fit a memory.
        #expect(sizes[40] <= 64 << 20)
    }

    /// Where even the fastest growth falls short, it comes near.
    @Test(.timeLimit(.minutes(1)))
    func streamsOfTheLargestParts() {
        var limits = Self.huawei
        limits.object = limits.maximumPart * Int64(limits.parts)
        let sizes = StreamingPartSizes(first: 16 << 20, limits: limits)
        #expect(Double(sizes.reach) > 0.99 * Double(limits.object))
        limits.parts = 3
        #expect(Array(StreamingPartSizes(first: 1, limits: limits)) == [100 << 10, 100 << 10, 100 << 10])
    }

    @Test(.timeLimit(.minutes(1)))
    func limitsThatDivideNothing() {
        var limits = StoreLimits.s3
        limits.maximumPart = limits.minimumPart
        var map = ExtentMap()
        map.append(100 << 20, at: 0)
        #expect(throws: PlanError.unusableLimits) { try planner(limits).plan(map) }
    }
}
