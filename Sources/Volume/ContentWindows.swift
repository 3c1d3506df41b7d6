/// Where in a folder files are read one after the other, by several at the same time in different places: a `ContentWindow` for each. A pure value.
///
/// A file that no window expects begins another one, as long as not all are in use, and then each new window needs twice the proof of the one before to open, until one of them was right for
/// long. Whoever reads in no order so fetches next to nothing ahead.
package struct ContentWindows: Hashable, Sendable {
    /// What a read has changed.
    package struct Change: Hashable, Sendable {
        /// To be fetched now, perhaps nothing.
        package var places: Range<Int>
        /// The file belongs to a walk that is run ahead of.
        package var isExpected: Bool
        /// Was to be fetched, and is not any more.
        package var dropped: [Range<Int>] = []
    }

    package static let most = 4
    /// Who has read nothing for so long has ended, if somebody reads elsewhere.
    private static let patience = Duration.seconds(5)
    /// A closed window that was not used for so long may be another reader's.
    private static let rest = Duration.milliseconds(500)
    private static let mostProof = 32

    /// Used last: last.
    private var windows: [ContentWindow] = []
    private var proof = 1
    private let limit: Int

    /// `limit`: how many walks are told apart.
    package init(limit: Int = most) {
        self.limit = limit
    }

    package var isOpen: Bool { windows.contains { $0.isOpen } }

    /// Whether what is at a place is read soon by somebody who is run ahead of.
    package func reach(_ place: Int) -> Bool { windows.contains { $0.reaches(place) } }

    /// What has been fetched, or is on its way, and not been read yet, behind `place`: at most `count`.
    package func fetched(behind place: Int, atMost count: Int) -> Range<Int> {
        let first = place + 1
        let end = windows.map(\.pending).first { $0.contains(first) || $0.contains(place) }?.upperBound ?? first
        return first..<max(first, min(end, first + count))
    }

    /// The file at `place` is read, for the first time since it was opened. `bytes`: what there is to fetch at a place, nil for what is not fetched
    /// ahead; `bounds`: for all windows together.
    package mutating func read(
        _ place: Int, at time: ContinuousClock.Instant, _ bounds: ContentWindow.Bounds, bytes: (Int) -> Int64?
    ) -> Change {
        guard let index = nearest(to: place) else { return begin(at: place, time) }
        var window = windows.remove(at: index)
        let (wasProven, before) = (window.isProven, window.pending)
        let places = window.read(place, at: time, share(of: bounds), bytes: bytes)
        if window.isProven, !wasProven { proof = 1 }
        windows.append(window)
        let dropped = window.isOpen || before.isEmpty ? [] : [before]
        return Change(places: places, isExpected: window.isOpen, dropped: dropped)
    }

    /// Somebody who has read the files of another folder in order looks up the one at `place`: it and those that follow are fetched, where
    /// nothing of this folder has been read yet.
    package mutating func expect(
        _ place: Int, at time: ContinuousClock.Instant, _ bounds: ContentWindow.Bounds, bytes: (Int) -> Int64?
    ) -> Range<Int> {
        guard windows.isEmpty else { return place..<place }
        var window = ContentWindow(at: place, time, proof: proof)
        defer { windows.append(window) }
        return window.expect(bounds, bytes: bytes)
    }

    private func nearest(to place: Int) -> Int? {
        windows.indices.compactMap { index in windows[index].distance(to: place).map { (index, $0) } }.min { $0.1 < $1.1 }?.0
    }

    /// Of several windows, the one that is taken out counts as well.
    private func share(of bounds: ContentWindow.Bounds) -> ContentWindow.Bounds {
        let open = 1 + windows.count { $0.isOpen }
        return ContentWindow.Bounds(bytes: bounds.bytes / Int64(open), belief: bounds.belief)
    }

    private mutating func begin(at place: Int, _ time: ContinuousClock.Instant) -> Change {
        let ended = windows.filter { time - $0.lastTime > Self.patience }
        windows.removeAll { time - $0.lastTime > Self.patience }
        if !windows.isEmpty || !ended.isEmpty { proof = min(Self.mostProof, 2 * proof) }
        if windows.count == limit, let replaced = replaceable(time) { windows.remove(at: replaced) }
        if windows.count < limit { windows.append(ContentWindow(at: place, time, proof: proof)) }
        return Change(places: place..<place, isExpected: false, dropped: ended.map(\.pending).filter { !$0.isEmpty })
    }

    /// A closed window, if there is any: one that has rested, else the one that was used last, so that more readers than windows do not take
    /// them all from each other.
    private func replaceable(_ time: ContinuousClock.Instant) -> Int? {
        windows.firstIndex { !$0.isOpen && time - $0.lastTime > Self.rest } ?? windows.lastIndex { !$0.isOpen }
    }
}
