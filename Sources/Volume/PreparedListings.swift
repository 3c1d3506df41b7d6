internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

/// First pages of folders that somebody will open soon: bounded, each good for one opendir(3), and only as long as nothing is changed from here.
final class PreparedListings: Sendable {
    private struct Prepared {
        let page: FetchedPage
        /// How often anything had been changed when it was asked for.
        let changes: Int
        /// Larger than that of what is older.
        let number: UInt64
        /// The folder whose listing without delimiter gave it, until somebody has used it.
        var origin: Key?
        /// What is in the folder has been asked for ahead.
        var isLookedInto = false

        var names: Int { page.page.objects.count + page.page.commonPrefixes.count }

        func isFresh(_ changes: Int, _ ttl: Duration) -> Bool {
            self.changes == changes && .now - page.moment.asked < ttl
        }
    }

    private struct State {
        var pages: [FolderKey: Prepared] = [:]
        /// Oldest first, with their numbers; those that have gone since are among them.
        var order: [(folder: FolderKey, number: UInt64)] = []
        var lastNumber: UInt64 = 0
        /// In all pages.
        var names = 0
        /// Asked for just now.
        var running: Set<FolderKey> = []
        var used: ContinuousClock.Instant?
        /// When somebody last went on to the next folder, and from one to the next on average.
        var stepped: ContinuousClock.Instant?
        var pace: Duration?
        var reach = 4

        mutating func step(_ now: ContinuousClock.Instant) {
            if let before = stepped {
                // A pause says little of what follows.
                let passed = min(now - before, PreparedListings.demand * 2)
                pace = pace.map { ($0 * 3 + passed) / 4 } ?? passed
            }
            (stepped, used) = (now, now)
        }

        /// So many folders are opened in the time for which their pages are believed, with some to spare.
        func timely(_ ttl: Duration) -> Int {
            guard let pace, pace > .zero else { return PreparedListings.longestReach }
            return Int(min(Double(PreparedListings.longestReach), ttl * 3 / 4 / pace))
        }

        @discardableResult mutating func remove(_ folder: FolderKey) -> Prepared? {
            guard let removed = pages.removeValue(forKey: folder) else { return nil }
            names -= removed.names
            return removed
        }

        mutating func insert(_ page: FetchedPage, of folder: FolderKey, changes: Int, origin: Key?) {
            remove(folder)
            lastNumber += 1
            let prepared = Prepared(page: page, changes: changes, number: lastNumber, origin: origin)
            pages[folder] = prepared
            order.append((folder, lastNumber))
            names += prepared.names
        }

        /// The oldest go first.
        mutating func makeRoom() {
            var gone = 0
            while gone < order.count, pages.count > PreparedListings.most || names > PreparedListings.mostNames {
                if pages[order[gone].folder]?.number == order[gone].number { remove(order[gone].folder) }
                gone += 1
            }
            order.removeFirst(gone)
            if order.count > 4 * PreparedListings.most { order = order.filter { pages[$0.folder]?.number == $0.number } }
        }

        /// Gives the folder whose listing gave the page, the first time.
        mutating func noteUse(of folder: FolderKey) -> Key? {
            defer { pages[folder]?.origin = nil }
            return pages[folder]?.origin
        }
    }

    /// As many as one listing without delimiter may give, and some beside.
    static let most = 1500
    static let mostNames = 20_000
    static let longestReach = 16
    private static let demand = Duration.seconds(2)
    /// Requests at a time.
    static let limit = 24
    /// Where pages come from that nobody asked for alone.
    let subtrees = SubtreeListings()
    private let state = Mutex(State())

    /// Whether the page of `folder` is to be asked for now; then `finish` must follow. `isUrgent`: somebody waits for it.
    func begin(_ folder: FolderKey, isUrgent: Bool, changes: Int, _ ttl: Duration) -> Bool {
        state.withLock { state in
            guard isUrgent || state.running.count < Self.limit else { return false }
            if let prepared = state.pages[folder] {
                guard !prepared.isFresh(changes, ttl) else { return false }
                state.remove(folder)
            }
            return state.running.insert(folder).inserted
        }
    }

    func finish(_ folder: FolderKey, _ page: FetchedPage?, changes: Int) {
        state.withLock { state in
            state.running.remove(folder)
            guard let page else { return }
            state.insert(page, of: folder, changes: changes, origin: nil)
            state.makeRoom()
        }
    }

    /// Pages that the listing of all that is below `origin` gave.
    func keep(_ pages: [(folder: FolderKey, page: FetchedPage)], below origin: Key, changes: Int) {
        state.withLock { state in
            for (folder, page) in pages { state.insert(page, of: folder, changes: changes, origin: origin) }
            state.makeRoom()
        }
    }

    /// Somebody has used a page a moment ago, or asked for the next folder in order: more are worth their request.
    var isInDemand: Bool { state.withLock { state in state.used.map { .now - $0 < Self.demand } ?? false } }

    /// Somebody goes on to the next folder in order: gives how many folders ahead to ask for. Fewer, where pages become too old before they are used.
    func noteDemand(_ ttl: Duration) -> Int {
        state.withLock { state in
            state.step(.now)
            return min(state.reach, state.timely(ttl))
        }
    }

    /// The first page of `folder` for the one who asks ahead for what is in it: nil for all others.
    func lookInto(_ folder: FolderKey, changes: Int, _ ttl: Duration) -> FetchedPage? {
        state.withLock { state in
            guard let prepared = state.pages[folder], !prepared.isLookedInto, prepared.isFresh(changes, ttl) else { return nil }
            state.pages[folder]?.isLookedInto = true
            return prepared.page
        }
    }

    /// The first page of `folder`, left for whoever opens it.
    func look(_ folder: FolderKey, changes: Int, _ ttl: Duration) -> FetchedPage? {
        let (prepared, origin) = state.withLock { ($0.pages[folder], $0.noteUse(of: folder)) }
        if let origin { subtrees.noteUse(below: origin) }
        guard let prepared, prepared.isFresh(changes, ttl) else { return nil }
        return prepared.page
    }

    /// The first page of `folder`, as if it had been asked for now.
    func take(_ folder: FolderKey, _ now: (changes: Int, moment: FolderMoment), _ ttl: Duration) -> FetchedPage? {
        let prepared = state.withLock { state -> Prepared? in
            guard let prepared = state.remove(folder) else { return nil }
            state.used = .now
            return prepared
        }
        guard let prepared, prepared.changes == now.changes else { return nil }
        if let origin = prepared.origin { subtrees.noteUse(below: origin) }
        let isFresh = prepared.isFresh(now.changes, ttl)
        state.withLock { $0.reach = isFresh ? min(Self.longestReach, $0.reach + 1) : max(1, $0.reach / 2) }
        guard isFresh else { return nil }
        var page = prepared.page
        page.moment = FolderMoment(changes: now.moment.changes, stores: now.moment.stores, asked: page.moment.asked)
        return page
    }
}
