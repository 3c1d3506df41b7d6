import Content
import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing

/// What operations on files of real sizes may ask of a store with the limits and costs of real ones.
@Suite struct PlannerBudgetTests {
    private static let mebi: Int64 = 1 << 20

    private func base(_ size: Int64) -> ObjectVersion {
        ObjectVersion(key: "file", etag: ETag("base"), size: size)
    }

    private func planner(_ change: (inout StoreLimits, inout Capabilities, inout PlanOptions) -> Void = { _, _, _ in }) -> Planner {
        var limits = StoreLimits.s3
        var capabilities = Capabilities.memory
        var options = PlanOptions()
        change(&limits, &capabilities, &options)
        return Planner(limits: limits, capabilities: capabilities, options: options)
    }

    private func parts(_ plan: UploadPlan) throws -> [PlannedPart] {
        guard case .multipart(let list) = plan.content else { throw PlanFailure("no multipart upload: \(plan)") }
        return list.parts
    }

    /// How many parts are copied, and how many have a body.
    private func kinds(_ plan: UploadPlan) throws -> (copied: Int, bodies: Int) {
        let parts = try parts(plan)
        let copied = parts.count { if case .copied = $0.source { true } else { false } }
        return (copied, parts.count - copied)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [256 << 20, 1 << 30, 5 << 30] as [Int64])
    func aPatchInTheMiddle(size: Int64) throws {
        for offset in [size / 2, size / 2 + 4095, size / 2 - 7 * Self.mebi] {
            var map = ExtentMap(base: base(size))
            map.write(ByteRange(offset: offset, count: 4096), at: 0)
            let plan = try planner().plan(map)
            // Create, two copies, a fetch, a part, complete.
            #expect(plan.cost.requests == 6)
            #expect(try kinds(plan) == (2, 1))
            #expect(plan.cost.up < 11 * Self.mebi && plan.cost.down < 11 * Self.mebi)
            for part in try self.parts(plan) {
                guard case .copied(let source, _) = part.source else { continue }
                #expect(source.etag == ETag("base"))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aTailWithoutAppend() throws {
        var map = ExtentMap(base: base(64 * Self.mebi))
        map.append(4096, at: 0)
        let plan = try planner().plan(map)
        #expect(plan.cost == PlanCost(requests: 4, up: 4096, down: 0))
        #expect(try kinds(plan) == (1, 1))
    }

    @Test(.timeLimit(.minutes(1)))
    func aTailWithAppend() throws {
        let planner = planner { _, capabilities, _ in capabilities.append = AppendRules(maximumAppends: 10_000) }
        var map = ExtentMap(base: base(64 * Self.mebi))
        map.append(4096, at: 0)
        let plan = try planner.plan(map, UploadSituation(appendPosition: 64 << 20))
        #expect(plan.cost == PlanCost(requests: 1, up: 4096, down: 0))
        guard case .append(64 << 20, _) = plan.content else { throw PlanFailure("no append: \(plan)") }
        // An object that cannot grow is not asked to.
        #expect(try kinds(planner.plan(map)) == (1, 1))
        // Nor one that changed elsewhere too.
        map.write(ByteRange(offset: 0, count: 1), at: 5000)
        #expect(try kinds(planner.plan(map, UploadSituation(appendPosition: 64 << 20))).copied == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func copiesAndMetadata() throws {
        let source = ObjectVersion(key: "source", etag: ETag("s"), size: 5 << 30)
        var map = ExtentMap()
        _ = try map.copyRange(ByteRange(offset: 0, count: 5 << 30), of: ExtentMap(base: source), to: 0, stagingAt: 0)
        let copy = try planner().plan(map)
        #expect(copy.content == .copyWhole(source) && copy.cost == PlanCost(requests: 1))

        let changed = UploadSituation(attributesChanged: true)
        let stored = ExtentMap(base: base(1 << 30))
        #expect(try planner().plan(stored, changed).attributes == .copyOntoItself)
        let native = try planner { _, capabilities, _ in capabilities.replaceAttributes = true }.plan(stored, changed)
        #expect(native.attributes == .replace && native.content == .keep && native.cost.requests == 1)
        #expect(try planner().plan(stored).cost == PlanCost())
        // Over 5 GiB a copy goes in parts.
        let large = try planner().plan(ExtentMap(base: base((10 << 30) + 1)), changed)
        #expect(try kinds(large) == (3, 0))
        #expect(large.cost == PlanCost(requests: 5))
    }

    @Test(.timeLimit(.minutes(1)))
    func newFiles() throws {
        #expect(try planner().plan(ExtentMap()).cost == PlanCost(requests: 1))
        var map = ExtentMap()
        map.append(16 << 20, at: 0)
        #expect(try planner().plan(map).cost == PlanCost(requests: 1, up: 16 << 20))
        map.append(84 << 20, at: 16 << 20)
        #expect(try parts(planner().plan(map)).map(\.range.count) == [16, 16, 16, 16, 16, 16, 4].map { $0 * Self.mebi })
        // A hole is sent as zeros.
        var sparse = ExtentMap()
        sparse.truncate(to: 40 << 20)
        #expect(try planner().plan(sparse).cost.up == 40 << 20)
    }

    /// A copied range just over the largest part is divided so that no piece is below the smallest.
    @Test(.timeLimit(.minutes(1)))
    func rangesOverTheLargestPart() throws {
        var map = ExtentMap(base: base((5 << 30) + 1))
        map.append(1, at: 0)
        let ranges = try parts(planner().plan(map)).map(\.range.count)
        #expect(ranges == [(5 << 29) + 1, 5 << 29, 1])
    }

    @Test(.timeLimit(.minutes(1)))
    func aSmallObjectIsFetchedAndPut() throws {
        var map = ExtentMap(base: base(4 << 20))
        map.append(10, at: 0)
        let plan = try planner().plan(map)
        guard case .put(let body) = plan.content else { throw PlanFailure("no PUT: \(plan)") }
        #expect(body.fetches.count == 1 && plan.cost.requests == 2)
    }

    @Test(.timeLimit(.minutes(1)))
    func withoutPartCopiesAllIsFetched() throws {
        var map = ExtentMap(base: base(64 << 20))
        map.append(10, at: 0)
        let plan = try planner { _, capabilities, _ in capabilities.partCopy = false }.plan(map)
        #expect(plan.cost.up == (64 << 20) + 10 && plan.cost.down == 64 << 20)
    }

    @Test(.timeLimit(.minutes(1)))
    func changesInPlace() throws {
        let planner = planner { _, capabilities, _ in
            capabilities.modify = true
            capabilities.append = nil
        }
        var map = ExtentMap(base: base(1 << 40))
        map.write(ByteRange(offset: 1 << 39, count: 4096), at: 0)
        #expect(try planner.plan(map).cost == PlanCost(requests: 1, up: 4096))
        // A tail far past the end: the hole costs nothing.
        map.write(ByteRange(offset: 1 << 41, count: 1), at: 4096)
        #expect(try planner.plan(map).cost == PlanCost(requests: 2, up: 4097))
        map.truncate(to: 1 << 39)
        #expect(try planner.plan(map).content == .inPlace([.truncate(size: 1 << 39)]))
        // Zeros to the end are had by cutting and growing.
        map.punch(ByteRange(offset: 1 << 30, count: 1 << 40))
        #expect(try planner.plan(map).content == .inPlace([.truncate(size: 1 << 30), .truncate(size: 1 << 39)]))
    }

    /// A stream whose parts were sent while it was written: the rest is one part, and a header written last is one part again.
    @Test(.timeLimit(.minutes(1)))
    func aStreamIsFinished() throws {
        let part = 16 * Self.mebi
        var map = ExtentMap()
        for number in 1...8 {
            let range = map.append(part, at: map.size)
            map.beginPart(number, range)
            map.confirmPart(number, range, etag: ETag("p\(number)"))
        }
        map.append(100, at: map.size)
        let situation = UploadSituation(upload: RunningUpload(carriesAttributes: true))
        #expect(try planner().plan(map, situation).cost == PlanCost(requests: 2, up: 100))
        map.write(ByteRange(offset: 0, count: 512), at: 0)
        let plan = try planner().plan(map, situation)
        #expect(plan.cost == PlanCost(requests: 3, up: part + 100))
        #expect(try parts(plan).map(\.number) == Array(1...9))
    }
}
