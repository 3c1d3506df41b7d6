/// How long the last requests of each kind took to the first byte of their answers. A pure value; its memory does not grow.
package struct LatencyRecord: Sendable {
    /// So many requests of a kind are remembered.
    package static let capacity = 512
    /// Beyond so many times the median a request is a straggler, if there are few of them.
    private static let stragglerFactor = 5.0
    private static let fewStragglers = 0.1
    /// Quantiles are looked up again after so many further requests.
    private static let staleAfter = 16

    private struct Ring: Sendable {
        var values: [Double] = []
        var next = 0
        var sorted: [Double] = []
        var sinceSorted = 0

        mutating func add(_ value: Double) {
            if values.count < capacity {
                values.append(value)
            } else {
                values[next] = value
                next = (next + 1) % capacity
            }
            sinceSorted += 1
            guard sinceSorted >= staleAfter || sorted.isEmpty else { return }
            sorted = values.sorted()
            sinceSorted = 0
        }
    }

    private var rings: [RequestKind: Ring] = [:]

    package init() {}

    package mutating func add(_ latency: Duration, of kind: RequestKind) {
        rings[kind, default: Ring()].add(latency.seconds)
    }

    package func count(of kind: RequestKind) -> Int { rings[kind]?.values.count ?? 0 }

    /// The latency that the part `quantile` (0 to 1) of the remembered requests did not exceed, give or take the last few requests; nil without any.
    package func quantile(_ quantile: Double, of kind: RequestKind) -> Duration? {
        guard let sorted = rings[kind]?.sorted, !sorted.isEmpty else { return nil }
        return .seconds(Self.value(at: quantile, of: sorted[...]))
    }

    /// The 99th percentile of the ordinary requests: stragglers, if they are few, are what a hedge is for, and do not move the moment at which it is sent.
    package func ordinaryP99(of kind: RequestKind) -> Duration? {
        guard let sorted = rings[kind]?.sorted, !sorted.isEmpty else { return nil }
        let bound = Self.value(at: 0.5, of: sorted[...]) * Self.stragglerFactor
        let ordinary = sorted.prefix { $0 <= bound }
        let areFew = Double(sorted.count - ordinary.count) <= Double(sorted.count) * Self.fewStragglers
        return .seconds(Self.value(at: 0.99, of: areFew ? ordinary : sorted[...]))
    }

    private static func value(at quantile: Double, of sorted: ArraySlice<Double>) -> Double {
        let rank = (quantile * Double(sorted.count)).rounded(.up)
        return sorted[sorted.startIndex + min(sorted.count, max(1, Int(rank))) - 1]
    }
}

extension Duration {
    /// In seconds, as precise as a `Double` is.
    package var seconds: Double {
        let parts = components
        return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
    }
}
