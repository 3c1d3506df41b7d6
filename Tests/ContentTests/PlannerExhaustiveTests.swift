import Content
import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing

/// Every file of up to eleven bytes, each byte changed or not, on stores with parts of at least three: stored right, and as cheaply as
/// the best division into parts that there is.
@Suite struct PlannerExhaustiveTests {
    struct Store: Sendable, CustomTestStringConvertible {
        var maximumPart: Int64
        var partCopy: Bool
        var request: Double

        var testDescription: String { "parts up to \(maximumPart), \(partCopy ? "with" : "without") part copies, a request costs \(request)" }
    }

    static let stores = [5, 8].flatMap { maximum in
        [true, false].flatMap { copy in [0.3, 2].map { Store(maximumPart: maximum, partCopy: copy, request: $0) } }
    }

    @Test(.timeLimit(.minutes(3)), arguments: stores)
    func everySmallFile(store: Store) async throws {
        // No PUT but of the empty file, so that parts are what is looked at.
        var setting = StoreSetting(minimumPart: 3, maximumPart: store.maximumPart)
        setting.capabilities.partCopy = store.partCopy
        setting.options.largestBody = 0
        setting.options.costs = CostModel(request: store.request)
        var worst = 1.0
        var plans = 0
        var best = 0
        for size in 0...11 {
            for mask in 0..<(1 << size) {
                let file = Self.file(size, mask)
                let stored = try await StoredFile(file, setting)
                let plan = try setting.planner.plan(stored.map)
                if let failure = await stored.failure(of: plan) {
                    Issue.record("\(failure): \(size) bytes, mask \(String(mask, radix: 2)), plan \(plan)")
                    return
                }
                guard case .multipart = plan.content else { continue }
                let ratio = setting.options.costs.total(plan.cost) / BestDivision(stored.map, setting).cost
                plans += 1
                best += ratio < 1.0001 ? 1 : 0
                worst = max(worst, ratio)
            }
        }
        print("\(store.testDescription): \(plans) plans, \(best) of them the cheapest, the worst costs \(worst) times as much")
        #expect(worst < 1.25)
        // Where all is fetched, parts of equal size may cut through a range that one fetch could have brought.
        #expect(Double(best) > (store.partCopy ? 0.85 : 0.6) * Double(plans))
    }

    /// A base of `size` bytes with those changed that `mask` names, the last of them also cut off or lengthened by one.
    private static func file(_ size: Int, _ mask: Int) -> ModelFile {
        var file = ModelFile(size: size, placement: .sameOffset, seed: UInt64(mask) + 1)
        for place in 0..<size where mask >> place & 1 == 1 { file.apply(.write(offset: place, count: 1)) }
        if mask % 3 == 1 { file.apply(.append(count: 1)) }
        if mask % 5 == 1 { file.apply(.truncate(size: max(0, size - 1))) }
        return file
    }
}

/// What the cheapest division of a map into parts costs, by trying all of them.
private struct BestDivision {
    private(set) var cost: Double

    init(_ map: ExtentMap, _ setting: StoreSetting) {
        let size = map.size
        var best = [Double](repeating: .infinity, count: Int(size) + 1)
        best[0] = 2 * setting.options.costs.request
        for start in 0..<size where best[Int(start)] < .infinity {
            for end in start + 1...size where end - start <= setting.limits.maximumPart {
                guard end - start >= setting.limits.minimumPart || end == size else { continue }
                let part = Self.part(map.extents(in: ByteRange(offset: start, count: end - start)), setting)
                best[Int(end)] = min(best[Int(end)], best[Int(start)] + part)
            }
        }
        cost = best[Int(size)]
    }

    private static func part(_ extents: [Extent], _ setting: StoreSetting) -> Double {
        let costs = setting.options.costs
        if extents.count == 1, case .remote = extents[0].origin, setting.capabilities.partCopy { return costs.request }
        var total = costs.request
        // Before the first fetch there is none that could go on.
        var gap = Double.infinity
        for extent in extents {
            total += costs.byteUp * Double(extent.range.count)
            let down = costs.byteDown * Double(extent.range.count)
            if case .remote = extent.origin {
                // All are of one object at the same offsets: a fetch goes on over what is changed, or another begins.
                total += min(gap, costs.request) + down
                gap = 0
            } else {
                gap += down
            }
        }
        return total
    }
}
