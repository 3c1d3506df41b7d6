/// Everything that shall go wrong with one request.
struct FaultSet: Sendable {
    private let faults: [Fault]
    private let seed: UInt64

    init(_ faults: [Fault], seed: UInt64) {
        self.faults = faults
        self.seed = seed
    }

    var isEmpty: Bool { faults.isEmpty }

    /// How long to wait before anything.
    var latency: Duration {
        var generator = SeededGenerator(seed: seed)
        return faults.reduce(.zero) { sum, fault in
            guard case .latency(let milliseconds, let jitter) = fault else { return sum }
            return sum + .milliseconds(milliseconds + (jitter > 0 ? Int.random(in: 0...jitter, using: &generator) : 0))
        }
    }

    /// How far the server's clock is ahead, in seconds.
    var clockSkew: Int64 {
        faults.reduce(0) { sum, fault in if case .clockSkew(let seconds) = fault { sum + seconds } else { sum } }
    }

    /// The error to answer instead of doing the work.
    var error: ServiceError? {
        for case .error(let status, let code, let retryAfter) in faults {
            let error = ServiceError(status, code, "A fault was injected.")
            return retryAfter.map { error.with(header: "Retry-After", String($0)) } ?? error
        }
        return nil
    }

    /// After how many bytes of a body the connection breaks at `point`, nil where it does not.
    func reset(at point: Fault.ResetPoint) -> Int64? {
        for case .reset(point, let afterBytes) in faults { return afterBytes }
        return nil
    }

    /// How far listings lag; nil where they do not.
    var listingLag: ListingLag? {
        for case .staleListings(let milliseconds, let writes) in faults { return ListingLag(milliseconds: milliseconds, writes: writes) }
        return nil
    }

    var isGarbage: Bool { faults.contains(.garbage) }

    /// How long to say nothing, and after how many bytes of the body.
    var stall: (duration: Duration, afterBytes: Int64?)? {
        for case .stall(let milliseconds, let afterBytes) in faults { return (.milliseconds(milliseconds), afterBytes) }
        return nil
    }

    var missingBytes: Int64? {
        for case .truncate(let bytes) in faults { return bytes }
        return nil
    }

    var lengthDifference: Int64? {
        for case .contentLength(let difference) in faults { return difference }
        return nil
    }

    /// Where a body of `count` bytes is damaged, ascending.
    func corruptOffsets(count: Int64) -> [Int64] {
        var generator = SeededGenerator(seed: seed)
        for case .corrupt(let bytes) in faults where count > 0 {
            return (0..<bytes).map { _ in Int64.random(in: 0..<count, using: &generator) }.sorted()
        }
        return []
    }

    /// Whether the answer's body must be changed or cut on its way.
    var changesBody: Bool {
        faults.contains { fault in
            switch fault {
            case .truncate, .contentLength, .corrupt: true
            case .reset(let point, _): point == .inBody || point == .afterHeaders
            case .stall(_, let afterBytes): afterBytes != nil
            default: false
            }
        }
    }
}
