internal import ObjectStorage
internal import Synchronization

/// Where the listings of several folders beside each other are wanted soon one after the other: then one listing of all that is below the folder
/// above gives those of many (`SubtreePage`), instead of a request for each.
final class SubtreeListings: Sendable {
    private struct Running {
        let end = Completion()
        var from: Key
        var hasBegun = false

        /// Whether the listing will tell of the folder, or is past it.
        mutating func takeIn(_ folder: Key) -> Bool {
            if !hasBegun { from = min(from, folder) }
            return from <= folder
        }
    }

    private struct Subtree {
        /// When a folder in it was last asked for.
        var asked: ContinuousClock.Instant
        var running: Running?
        /// Folders that the last page gave, those that some pages before it gave, and how many of all somebody has used.
        var given = 0
        var givenBefore = 0
        var used = 0
        /// Until then each folder is listed by itself.
        var declinedUntil: ContinuousClock.Instant?

        /// Those of the last page may be wanted only now: they do not count.
        mutating func judge(_ now: ContinuousClock.Instant) {
            if used * 4 < givenBefore { declinedUntil = now + SubtreeListings.pause }
            (givenBefore, used) = (0, 0)
        }
    }

    /// Folders that are asked for within this time of each other are part of one walk.
    private static let demand = Duration.seconds(2)
    /// How long nothing is tried where folders are too long, or not wanted in their order.
    fileprivate static let pause = Duration.seconds(10)
    /// A page that gives fewer is not worth what it tells beside.
    private static let fewest = 4
    /// After so many folders it is looked how many were used.
    private static let trial = 32
    private static let mostSubtrees = 64
    /// Several folders are asked for at the same time, in no order: so long the first of them is waited for.
    static let gathering = Duration.microseconds(500)
    private let state = Mutex<[Key: Subtree]>([:])

    /// The end of the listing to wait for before the folder's page is at hand; nil where the folder is to be listed by itself. `list` is called for a
    /// new one: it calls `begin`, and then `finish`.
    func listing(of folder: Key, below parent: Key, _ list: () -> Void) -> Completion? {
        state.withLock { state in
            let now = ContinuousClock.now
            guard var subtree = state[parent] else {
                makeRoom(in: &state)
                state[parent] = Subtree(asked: now)
                return nil
            }
            defer { state[parent] = subtree }
            let isWalked = now - subtree.asked < Self.demand
            subtree.asked = now
            if let end = subtree.running?.end { return subtree.running?.takeIn(folder) == true ? end : nil }
            if subtree.givenBefore >= Self.trial { subtree.judge(now) }
            guard isWalked, subtree.declinedUntil.map({ $0 <= now }) ?? true else { return nil }
            let running = Running(from: folder)
            subtree.running = running
            list()
            return running.end
        }
    }

    /// The end of a listing on its way that may tell of the folder.
    func underWay(of folder: Key, below parent: Key) -> Completion? {
        state.withLock { state in state[parent]?.running?.takeIn(folder) == true ? state[parent]?.running?.end : nil }
    }

    /// The folder to list from: the first of those that were asked for until now.
    func begin(below parent: Key) -> Key? {
        state.withLock { state in
            state[parent]?.running?.hasBegun = true
            return state[parent]?.running?.from
        }
    }

    /// The page has come, or failed: it gave so many folders.
    func finish(below parent: Key, given: Int, isLast: Bool) {
        let end = state.withLock { state -> Completion? in
            guard var subtree = state[parent] else { return nil }
            defer { state[parent] = subtree }
            subtree.givenBefore += subtree.given
            subtree.given = given
            if given < Self.fewest, !isLast { subtree.declinedUntil = .now + Self.pause }
            defer { subtree.running = nil }
            return subtree.running?.end
        }
        end?.come()
    }

    /// Somebody has used the page of a folder in it.
    func noteUse(below parent: Key) {
        state.withLock { $0[parent]?.used += 1 }
    }

    private func makeRoom(in state: inout [Key: Subtree]) {
        guard state.count >= Self.mostSubtrees else { return }
        let idle = state.filter { $0.value.running == nil }
        if let oldest = idle.min(by: { $0.value.asked < $1.value.asked }) { state[oldest.key] = nil }
    }
}
