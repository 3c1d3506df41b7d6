/// Which files of a folder to fetch whole ahead of somebody who reads one after the other: a pure value, without I/O, locks or clocks.
///
/// The window opens with the second file that is read in the order of the listing. It is twice what was read in order so far, and half of that where
/// files are passed over: what is fetched in vain is in proportion to what is read. It closes when somebody goes elsewhere, and then needs twice the proof
/// to open again. It holds no more bytes than it may, and no more files than are read while what is known of them is still believed.
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
    private static let mostProof = 32
    /// So many files in order make up for all wrong guesses before.
    private static let atonement = 64

    private var last: Int?
    private var lastTime: ContinuousClock.Instant?
    /// From one file to the next.
    private var pace: Duration?
    private var size = 0
    /// What has been asked for ends here.
    private var end = 0
    /// Files in order, one after the other; fewer where some were passed over.
    private var steps = 0
    /// How many of them it takes to open.
    private var proof = 1

    package init() {}

    package var isOpen: Bool { size > 0 }

    /// What has been fetched, or is on its way, and not been read yet, behind `place`: at most `count`.
    package func fetched(behind place: Int, atMost count: Int) -> Range<Int> {
        isOpen && end > place + 1 ? place + 1..<min(end, place + 1 + count) : place + 1..<place + 1
    }

    /// The file at `place` is read, for the first time since it was opened: gives the places to fetch now, perhaps none. `bytes`: what there is to
    /// fetch at a place, nil for what is not fetched ahead.
    package mutating func read(_ place: Int, at time: ContinuousClock.Instant, _ bounds: Bounds, bytes: (Int) -> Int64?) -> Range<Int> {
        guard let last else { return begin(at: place, time) }
        guard place > last else { return last - place <= Self.tolerance ? place..<place : close(at: place, time) }
        guard place - last <= Self.tolerance else { return close(at: place, time) }
        note(time)
        step(over: (last + 1..<place).count { bytes($0) != nil })
        self.last = place
        return ahead(from: place + 1, bounds, bytes)
    }

    /// Somebody who has read the files of another folder in order looks up the one at `place`: it and those that follow are fetched.
    package mutating func expect(_ place: Int, at time: ContinuousClock.Instant, _ bounds: Bounds, bytes: (Int) -> Int64?) -> Range<Int> {
        guard last == nil else { return place..<place }
        (last, lastTime, size, end) = (place, time, 2 * Self.first, place)
        return ahead(from: place, bounds, bytes)
    }

    private mutating func begin(at place: Int, _ time: ContinuousClock.Instant) -> Range<Int> {
        (last, lastTime, end) = (place, time, place + 1)
        return place..<place
    }

    private mutating func close(at place: Int, _ time: ContinuousClock.Instant) -> Range<Int> {
        proof = min(Self.mostProof, 2 * proof)
        (size, steps, pace) = (0, 0, nil)
        return begin(at: place, time)
    }

    private mutating func note(_ time: ContinuousClock.Instant) {
        let passed = lastTime.map { time - $0 } ?? .zero
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
