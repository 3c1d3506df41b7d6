/// Which files of a folder to fetch whole ahead of somebody who reads one after the other: a pure value, without I/O, locks or clocks.
///
/// The window opens with the second file that is read in the order of the listing. It is twice what was read in order so far, and half of that where
/// files are passed over: what is fetched in vain is in proportion to what is read. It holds no more bytes than it may, and no more files than are
/// read while what is known of them is still believed. Where reading goes on elsewhere is for `ContentWindows` to say.
package struct ContentWindow: Hashable, Sendable {
    /// What the moment allows.
    package struct Bounds: Hashable, Sendable {
        /// To be fetched and not read yet.
        package var bytes: Int64
        /// How long what is fetched now is believed.
        package var belief: Duration

        package init(bytes: Int64, belief: Duration) {
            self.bytes = bytes
            self.belief = belief
        }
    }

    package static let first = 8
    package static let largest = 256
    /// A step over so many entries is still the same walk; so is one back, where several read at the same time.
    package static let tolerance = 16
    /// So many files in order make up for all wrong guesses before.
    private static let atonement = 64

    private var last: Int
    private(set) var lastTime: ContinuousClock.Instant
    /// From one file to the next.
    private var pace: Duration?
    private var size = 0
    /// What has been asked for ends here.
    private var end = 0
    /// Files in order, one after the other; fewer where some were passed over.
    private var steps = 0
    /// How many of them it takes to open.
    private var proof: Int

    /// Closed: `place` is read, and nothing is known of what follows.
    init(at place: Int, _ time: ContinuousClock.Instant, proof: Int) {
        (last, lastTime, end, self.proof) = (place, time, place + 1, proof)
    }

    package var isOpen: Bool { size > 0 }

    /// Enough was read in order to trust it.
    var isProven: Bool { steps >= Self.atonement }

    /// What has been fetched, or is on its way, and not been read yet.
    var pending: Range<Int> { isOpen && end > last + 1 ? last + 1..<end : last + 1..<last + 1 }

    /// Whether what is at a place is read soon.
    func reaches(_ place: Int) -> Bool {
        isOpen && (last - Self.tolerance...last + Self.largest).contains(place)
    }

    /// How far a place is from the one expected next, smaller for what is ahead than for what is behind; nil where it belongs to another walk.
    func distance(to place: Int) -> Int? {
        let step = place - last
        guard abs(step) <= Self.tolerance else { return nil }
        return step > 0 ? step : Self.tolerance - step
    }

    /// The file at `place`, within the tolerance, is read for the first time since it was opened: gives the places to fetch now, perhaps none. `bytes`:
    /// what there is to fetch at a place, nil for what is not fetched ahead.
    mutating func read(_ place: Int, at time: ContinuousClock.Instant, _ bounds: Bounds, bytes: (Int) -> Int64?) -> Range<Int> {
        guard place > last else { return place..<place }
        note(time)
        step(over: (last + 1..<place).count { bytes($0) != nil })
        last = place
        return ahead(from: place + 1, bounds, bytes)
    }

    /// Somebody who has read the files of another folder in order looks up the one at the place where this begins: it and those that follow are fetched.
    mutating func expect(_ bounds: Bounds, bytes: (Int) -> Int64?) -> Range<Int> {
        (size, end) = (2 * Self.first, last)
        return ahead(from: last, bounds, bytes)
    }

    private mutating func note(_ time: ContinuousClock.Instant) {
        let passed = time - lastTime
        pace = pace.map { ($0 * 7 + passed) / 8 } ?? passed
        lastTime = time
    }

    private mutating func step(over passedOver: Int) {
        if passedOver == 0 { steps += 1 } else if passedOver > 1 { steps /= 2 }
        if steps >= Self.atonement { proof = 1 }
        let isWrong = steps < proof || passedOver > 1 && 2 * steps < Self.first
        size = isWrong ? 0 : min(Self.largest, max(Self.first, 2 * steps))
    }

    /// Half a window at a time, so that there are few rounds.
    private mutating func ahead(from place: Int, _ bounds: Bounds, _ bytes: (Int) -> Int64?) -> Range<Int> {
        let start = max(end, place)
        let size = min(size, timely(bounds))
        let goal = place + size
        guard goal - start >= max(1, size / 2) || start == place && goal > start else { return start..<start }
        var held = (place..<start).reduce(Int64(0)) { $0 + (bytes($1) ?? 0) }
        end = start
        while end < goal {
            held += bytes(end) ?? 0
            guard held <= bounds.bytes else { break }
            end += 1
        }
        return start..<end
    }

    /// So many files are read in half the time for which they are believed.
    private func timely(_ bounds: Bounds) -> Int {
        guard let pace, pace > .zero else { return Self.largest }
        return Int(min(Double(Self.largest), max(1, bounds.belief / 2 / pace)))
    }
}
