package import ObjectStorage
import FileSystemTypes

/// Finds the cheapest way to store a file: computes every way the store has and compares what they cost.
///
/// Pure: the same map, situation and store give the same plan. O(n log n) for n extents.
package struct Planner: Sendable {
    package let limits: StoreLimits
    package let capabilities: Capabilities
    package let options: PlanOptions

    package init(limits: StoreLimits, capabilities: Capabilities, options: PlanOptions = PlanOptions()) {
        self.limits = limits
        self.capabilities = capabilities
        self.options = options
    }

    var costs: CostModel { options.costs }

    /// Without a base, or where it differs, the plan makes an object of the map's bytes; where nothing differs it keeps the object.
    package func plan(_ map: ExtentMap, _ situation: UploadSituation = UploadSituation()) throws(PlanError) -> UploadPlan {
        guard map.size <= limits.object else { throw .tooLarge(size: map.size, limit: limits.object) }
        let candidates = try candidates(map, situation)
        // The first of equals: the simplest comes first.
        let best = candidates.min { costs.total($0.cost) < costs.total($1.cost) }
        guard let best else { throw failure(map) }
        return best
    }

    private func candidates(_ map: ExtentMap, _ situation: UploadSituation) throws(PlanError) -> [UploadPlan] {
        if map.isPristine {
            if !situation.attributesChanged { return [UploadPlan(.keep, abandonsUpload: situation.upload != nil)] }
        } else if let plan = appendable(map, situation) {
            return [plan]
        }
        var steps: [(ContentStep, AttributesStep)] = []
        if map.isPristine, let base = map.base, let attributes = attributesStep(size: base.size) { steps.append((.keep, attributes)) }
        if let put = put(map) { steps.append((put, .carried)) }
        if let copy = copyWhole(map) { steps.append((copy, .carried)) }
        if let list = try parts(map, resuming: false) { steps.append((.multipart(list), .carried)) }
        let later = situation.attributesChanged ? attributesStep(size: map.size) : .carried
        if let later {
            if let append = append(map, situation) { steps.append((append, later)) }
            if let changes = inPlace(map) { steps.append((changes, later)) }
        }
        return steps.map { UploadPlan($0, $1, abandonsUpload: situation.upload != nil) } + (try resuming(map, situation))
    }

    private func resuming(_ map: ExtentMap, _ situation: UploadSituation) throws(PlanError) -> [UploadPlan] {
        guard let upload = situation.upload else { return [] }
        let attributes = upload.carriesAttributes ? .carried : attributesStep(size: map.size)
        guard let attributes, let list = try parts(map, resuming: true) else { return [] }
        return [UploadPlan(.multipart(list), attributes)]
    }

    /// How attributes change without the content; nil where the object is too large for the only way there is.
    private func attributesStep(size: Int64) -> AttributesStep? {
        if capabilities.replaceAttributes { return .replace }
        return size <= limits.singlePut ? .copyOntoItself : nil
    }

    private func put(_ map: ExtentMap) -> ContentStep? {
        guard map.size <= min(limits.singlePut, options.largestBody) else { return nil }
        return (try? Body(map.index, costs)).map { .put($0) }
    }

    private func copyWhole(_ map: ExtentMap) -> ContentStep? {
        let extents = ExtentMap.joined(map.index.prefix(10_000).map { Extent($0.range, $0.origin) })
        guard extents.count == 1, case .remote(let source, 0) = extents[0].origin, source != map.base else { return nil }
        guard extents[0].range.count == map.size, source.size == map.size, map.size <= limits.singlePut else { return nil }
        return .copyWhole(source)
    }

    /// Why no way was found.
    private func failure(_ map: ExtentMap) -> PlanError {
        for extent in map.index where extent.origin == .partOnly { return .onlyInPart(extent.range) }
        return .tooLarge(size: map.size, limit: min(limits.object, limits.maximumPart * Int64(limits.parts)))
    }
}
