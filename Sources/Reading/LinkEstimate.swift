/// How fast the store answers, as measured on its answers: a pure value. Times are seconds on any clock that does not go back.
///
/// Bandwidth is that of all answers together: the best of the last few seconds, since most of the time nobody asks for all there is.
package struct LinkEstimate: Sendable {
    /// Bytes are counted by slots of this length.
    static let slot = 0.05
    /// How long a best rate is believed, at least.
    static let epoch = 2.0

    private var slotStart = 0.0
    private var slotBytes: Int64 = 0
    private var best = Recent(prefersMore: true)
    private var soonest = Recent(prefersMore: false)

    package init() {}

    /// From a request to the first byte of its answer. The shortest of late: the others have waited behind what was asked for ahead of them,
    /// and to ask for more because of that would make them wait longer.
    package mutating func noteFirstByte(after seconds: Double, at now: Double) {
        soonest.note(seconds, at: now)
    }

    package mutating func noteBytes(_ count: Int64, at now: Double) {
        if now >= slotStart + Self.slot { endSlot(at: now) }
        slotBytes += count
    }

    /// In bytes per second; 0 until it is known.
    package var bandwidth: Double { best.value ?? 0 }

    /// In seconds; 0 until it is known.
    package var latency: Double { soonest.value ?? 0 }

    /// How many bytes must be on their way so that the link is never idle, with as many again for answers that are late. 0 until known.
    package var bytesInFlight: Int64 {
        Int64(min(2 * bandwidth * latency, 1e12))
    }

    private mutating func endSlot(at now: Double) {
        // A pause between two answers is not a slow link: no more than two slots count.
        best.note(Double(slotBytes) / min(max(now - slotStart, Self.slot), 2 * Self.slot), at: now)
        (slotStart, slotBytes) = (now, 0)
    }
}

/// The best of the values of the present epoch and the one before.
private struct Recent: Sendable {
    private let prefersMore: Bool
    private var now: Double?
    private var before: Double?
    private var epochStart = 0.0

    init(prefersMore: Bool) {
        self.prefersMore = prefersMore
    }

    var value: Double? {
        guard let now else { return before }
        guard let before else { return now }
        return better(now, before)
    }

    private func better(_ one: Double, _ other: Double) -> Double {
        prefersMore ? max(one, other) : min(one, other)
    }

    mutating func note(_ value: Double, at time: Double) {
        if time >= epochStart + LinkEstimate.epoch { (before, now, epochStart) = (now, nil, time) }
        now = now.map { better(value, $0) } ?? value
    }
}
