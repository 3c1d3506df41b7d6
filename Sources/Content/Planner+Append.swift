import FileSystemTypes
import ObjectStorage

/// Objects that grow.
extension Planner {
    /// A new file as an object that can grow, where that is wanted and possible.
    func appendable(_ map: ExtentMap, _ situation: UploadSituation) -> UploadPlan? {
        guard options.createsAppendable, map.base == nil, situation.upload == nil, let rules = capabilities.append else { return nil }
        guard map.size <= rules.maximumBytes, let body = try? Body(map.index, costs) else { return nil }
        return UploadPlan(.append(position: 0, body))
    }

    /// The tail alone, where everything before it is the base's and the base can grow.
    func append(_ map: ExtentMap, _ situation: UploadSituation) -> ContentStep? {
        guard let rules = capabilities.append, let base = map.base, map.size > base.size else { return nil }
        guard rules.anyObject || situation.appendPosition == base.size else { return nil }
        // However much it is: parts would make an object of it that cannot grow any more.
        guard map.size - base.size <= rules.maximumBytes else { return nil }
        for extent in map.index {
            guard extent.range.offset < base.size else { break }
            guard extent.isUnchanged(from: base) else { return nil }
        }
        let tail = map.extents(in: ByteRange(offset: base.size, count: map.size - base.size))
        return (try? Body(tail, costs)).map { .append(position: base.size, $0) }
    }
}
