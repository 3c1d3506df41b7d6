import Content
import ObjectStorage
import TestSupport

/// A store, what it can do, and in which state it is: small limits, so that a few bytes are many parts.
struct StoreSetting: Hashable, Sendable {
    var limits: StoreLimits
    var capabilities = Capabilities.memory
    var options = PlanOptions()
    var baseIsAppendable = false
    var attributesChanged = false
    var hasUpload = false
    var uploadCarriesAttributes = true

    var planner: Planner { Planner(limits: limits, capabilities: capabilities, options: options) }

    /// With parts of `minimumPart` to `maximumPart` bytes.
    init(minimumPart: Int64, maximumPart: Int64, singlePut: Int64 = 1000, parts: Int = 10_000) {
        limits = .s3
        limits.minimumPart = minimumPart
        limits.maximumPart = maximumPart
        limits.singlePut = singlePut
        limits.parts = parts
        options.partSize = maximumPart
        options.largestBody = singlePut
        options.costs = CostModel(request: 1)
    }

    /// Any store in any state.
    static func random(seed: UInt64) -> StoreSetting {
        var random = SeededGenerator(seed: seed &* 0x9E37_79B9)
        let minimum = random.pick([1, 2, 3, 5, 8] as [Int64])
        let maximum = random.pick([2 * minimum - 1, 2 * minimum, 3 * minimum, 64])
        var setting = StoreSetting(minimumPart: minimum, maximumPart: maximum, parts: random.pick([3, 6, 12, 10_000]))
        if setting.limits.parts > 200 { setting.limits.singlePut = random.pick([10, 40, 1000]) }
        setting.options.partSize = random.pick([1, minimum, 4, 10, 100])
        setting.options.largestBody = random.pick([4, 20, 1000])
        setting.options.largestCopy = random.pick([nil, 8])
        setting.options.createsAppendable = random.oneIn(4)
        setting.options.allowsInPlace = !random.oneIn(4)
        let free = random.pick([0, 0.5, 1] as [Double])
        setting.options.costs = CostModel(request: random.pick([0, 0.5, 1, 4, 30]), byteUp: 1, byteDown: free)
        setting.chooseCapabilities(&random)
        setting.attributesChanged = random.oneIn(2)
        setting.hasUpload = random.oneIn(2)
        setting.uploadCarriesAttributes = !random.oneIn(4)
        return setting
    }

    private mutating func chooseCapabilities(_ random: inout SeededGenerator) {
        capabilities.partCopy = !random.oneIn(4)
        capabilities.replaceAttributes = random.oneIn(2)
        capabilities.modify = random.oneIn(3)
        guard random.oneIn(3) else { return }
        capabilities.append = AppendRules(maximumAppends: nil, maximumBytes: 200, anyObject: random.oneIn(3))
        baseIsAppendable = random.oneIn(2)
    }
}
