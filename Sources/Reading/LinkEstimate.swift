/// How fast the store answers, as measured on its answers: a pure value. Times are seconds on any clock that does not go back.
///
/// Bandwidth is that of all answers together: the best of the last few seconds, since most of the time nobody asks for all there is.
package struct LinkEstimate: Sendable {
    /// Bytes are counted by slots of this length.
    static let slot = 0.05
    /// How long a best rate is believed, at least.
    static let epoch = 2.0

    /// From a request to the first byte of its answer; smoothed as TCP does it (RFC 6298).
    package private(set) var latency = 0.0
    private var deviation = 0.0
    private var slotStart = 0.0
    private var slotBytes: Int64 = 0
    private var epochStart = 0.0
    private var best = 0.0
    private var bestBefore = 0.0

    package init() {}

    package mutating func noteFirstByte(after seconds: Double) {
        guard latency > 0 else {
            latency = seconds
            deviation = seconds / 2
            return
        }
        deviation += (abs(seconds - latency) - deviation) / 8
        latency += (seconds - latency) / 16
    }

    package mutating func noteBytes(_ count: Int64, at now: Double) {
        if now >= slotStart + Self.slot { endSlot(at: now) }
        slotBytes += count
    }

    /// In bytes per second; 0 until it is known.
    package var bandwidth: Double { max(best, bestBefore) }

    /// How many bytes must be on their way so that the link is never idle, with a reserve for answers that are late. 0 until known.
    package var bytesInFlight: Int64 {
        Int64(min(bandwidth * (latency + 4 * deviation), 1e12))
    }

    private mutating func endSlot(at now: Double) {
        if now >= epochStart + Self.epoch {
            (bestBefore, best, epochStart) = (best, 0, now)
        }
        // A pause between two answers is not a slow link: no more than two slots count.
        best = max(best, Double(slotBytes) / min(max(now - slotStart, Self.slot), 2 * Self.slot))
        (slotStart, slotBytes) = (now, 0)
    }
}
