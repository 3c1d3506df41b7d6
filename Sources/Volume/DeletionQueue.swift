internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Staging
internal import Synchronization

/// Deletions that were acknowledged and that the store has not carried out yet (write-back). The journal has them; nobody here sees their keys
/// any more (`HidingStore`); they go to the store many in one request.
///
/// What another client has stored under such a key since stays: right before the request a listing must still show the version that was deleted.
final class DeletionQueue: Sendable {
    struct Entry: Sendable {
        /// Its intents in the journal.
        var intents: [Int64]
        /// The version that was deleted; nil where it is not known.
        let base: ETag?
        let since: ContinuousClock.Instant
        /// An earlier mount has acknowledged it.
        var isAdopted = false
    }

    /// One deletion that came to nothing for good.
    struct Failure: Sendable {
        let key: Key
        let reason: String
    }

    struct State {
        var entries: [Key: Entry] = [:]
        /// In the order of the calls.
        var order: [Key] = []
        var isRunning = false
        /// Somebody waits.
        var isUrgent = false
        /// After a failure: not before then, unless somebody waits.
        var notBefore: ContinuousClock.Instant?
        var pause = firstPause
        /// The last call.
        var newest = ContinuousClock.now
        var rounds = 0
        var failure: StoreError?
        var failures: [Failure] = []
        /// Listings that are under way, and keys that ended while one was: it may still show them.
        var listings: Set<Int> = []
        var listingCount = 0
        var leaving: [Key: Int] = [:]
    }

    /// What somebody waits for.
    enum Scope: Sendable {
        case key(Key)
        /// Keys that begin so.
        case below(Key)
        case all
    }

    let store: any ObjectStore
    let journal: Journal
    let logger: Logger
    let state = Mutex(State())
    private let idle: Duration
    /// However many follow.
    private let longestWait: Duration
    private static let firstPause: Duration = .seconds(1)
    private static let longestPause: Duration = .seconds(60)
    private static let step: Duration = .milliseconds(20)
    /// Of batches that wait.
    private static let longestQueue = 20
    /// Failures that are remembered, for whoever asks with `sync`.
    private static let mostFailures = 1000
    /// Of the log, for one request.
    private static let mostLines = 20

    /// `idle`: how long a call waits for another that goes with it.
    init(_ store: any ObjectStore, _ journal: Journal, idle: Duration, logger: Logger) {
        self.store = store
        self.journal = journal
        self.logger = logger
        self.idle = idle
        longestWait = max(idle, .seconds(1))
    }

    var count: Int { state.withLock { $0.entries.count } }

    var isEmpty: Bool { state.withLock { $0.entries.isEmpty } }

    func isHidden(_ key: Key) -> Bool {
        state.withLock { $0.entries[key] != nil }
    }

    /// How many of those that were there at a moment still wait.
    func pending(before moment: ContinuousClock.Instant) -> Int {
        state.withLock { state in state.entries.values.count { $0.since <= moment } }
    }

    /// Has everything sent now.
    func hurry() {
        state.withLock { $0.isUrgent = !$0.entries.isEmpty }
    }

    /// Takes what failed for good since the last time.
    func takeFailures() -> [Failure] {
        state.withLock { state in
            defer { state.failures = [] }
            return state.failures
        }
    }

    // MARK: New ones

    /// Returns when the deletion survives a crash. False when it is to be made at once instead: the queue is full and the store does not take
    /// any, or the journal does not take it.
    func add(_ key: Key, base: ETag?) async -> Bool {
        while count >= Self.longestQueue * store.limits.deleteBatch {
            let before = count
            await waitForRound()
            if count >= before { return false }
        }
        let intent = Intent(id: journal.newNoteID(), action: .delete(key, base: base))
        guard (try? await journal.commit([.putIntent(intent)])) != nil else { return false }
        insert([(key, Entry(intents: [intent.id], base: base, since: .now))])
        return true
    }

    /// Goes on with what an earlier mount has acknowledged.
    func adopt(_ intents: [Intent]) {
        let entries = intents.compactMap { intent -> (Key, Entry)? in
            guard case .delete(let key, let base) = intent.action else { return nil }
            return (key, Entry(intents: [intent.id], base: base, since: .now, isAdopted: true))
        }
        guard !entries.isEmpty else { return }
        logger.notice("\(entries.count) deletions were not carried out before the mount ended; they are now")
        insert(entries)
    }

    private func insert(_ entries: [(Key, Entry)]) {
        let mustStart = state.withLock { state in
            for (key, entry) in entries {
                if let known = state.entries[key]?.intents {
                    state.entries[key]?.intents = known + entry.intents
                } else {
                    state.entries[key] = entry
                    state.order.append(key)
                }
            }
            state.newest = .now
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { Task { await run() } }
    }

    // MARK: Waiting

    /// Returns when nothing of `scope` waits any more. Fails when the store could not be asked.
    func flush(_ scope: Scope) async throws(StoreError) {
        while holds(scope) {
            if let failure = await waitForRound(), holds(scope) { throw failure }
        }
    }

    private func holds(_ scope: Scope) -> Bool {
        state.withLock { state in
            switch scope {
            case .key(let key): state.entries[key] != nil
            case .below(let prefix): state.entries.keys.contains { $0.bytes.starts(with: prefix.bytes) }
            case .all: !state.entries.isEmpty
            }
        }
    }

    /// Has a batch sent now; gives why it was not.
    @discardableResult private func waitForRound() async -> StoreError? {
        let before = state.withLock { state in
            state.isUrgent = true
            return state.rounds
        }
        while true {
            let (isOver, failure) = state.withLock { ($0.rounds != before || !$0.isRunning, $0.failure) }
            if isOver { return failure }
            try? await Task.sleep(for: Self.step)
            if Task.isCancelled { return StoreError(.cancelled, "nobody waits for the deletions any more") }
        }
    }

    // MARK: Sending

    private enum Step {
        case stop, wait
        case send([(key: Key, entry: Entry)])
    }

    private func run() async {
        while true {
            switch next() {
            case .stop: return
            case .wait: try? await Task.sleep(for: Self.step)
            case .send(let batch): await finish(batch, await send(batch))
            }
        }
    }

    private func next() -> Step {
        state.withLock { state in
            guard !state.entries.isEmpty else {
                (state.isRunning, state.isUrgent, state.failure) = (false, false, nil)
                return .stop
            }
            let now = ContinuousClock.now
            guard isDue(state, now) else { return .wait }
            state.isUrgent = false
            return .send(state.order.prefix(store.limits.deleteBatch).compactMap { key in state.entries[key].map { (key, $0) } })
        }
    }

    private func isDue(_ state: State, _ now: ContinuousClock.Instant) -> Bool {
        if state.isUrgent { return true }
        if let notBefore = state.notBefore, now < notBefore { return false }
        guard let oldest = state.order.first.flatMap({ state.entries[$0] }) else { return false }
        return state.order.count >= store.limits.deleteBatch || oldest.isAdopted || now >= state.newest + idle || now >= oldest.since + longestWait
    }

    /// The journal forgets what has been answered, and only then the keys are let go: a file that is made anew must not be met by its old deletion.
    private func finish(_ batch: [(key: Key, entry: Entry)], _ outcome: Result<[Key: StoreError], StoreError>) async {
        var failure: StoreError?
        var done: [Key] = []
        var refused: [Failure] = []
        switch outcome {
        case .failure(let error) where error.mayBePassing: failure = error
        case .failure(let error): refused = batch.map { Failure(key: $0.key, reason: error.description) }
        case .success(let failed):
            for (key, _) in batch {
                guard let error = failed[key] else {
                    done.append(key)
                    continue
                }
                if error.mayBePassing { failure = error } else { refused.append(Failure(key: key, reason: error.description)) }
            }
        }
        let intents = state.withLock { state in (done + refused.map(\.key)).flatMap { state.entries[$0]?.intents ?? [] } }
        if (try? await journal.commit(intents.map { .removeIntent($0) })) == nil {
            failure = StoreError(.localFailure, "the journal does not take that objects were deleted")
            (done, refused) = ([], [])
        }
        for failure in refused.prefix(Self.mostLines) { logger.error("\(failure.key) could not be deleted, and is there again: \(failure.reason)") }
        if refused.count > Self.mostLines { logger.error("\(refused.count - Self.mostLines) more could not be deleted either") }
        if let failure { logger.error("\(count) deletions wait for the store: \(failure)") }
        note(done, refused, failure)
    }

    private func note(_ done: [Key], _ refused: [Failure], _ failure: StoreError?) {
        state.withLock { state in
            for key in done + refused.map(\.key) { state.entries[key] = nil }
            state.order.removeAll { state.entries[$0] == nil }
            if !state.listings.isEmpty { for key in done { state.leaving[key] = state.listingCount } }
            state.failures += refused.prefix(max(0, Self.mostFailures - state.failures.count))
            state.rounds += 1
            state.failure = failure
            if failure == nil {
                (state.notBefore, state.pause) = (nil, Self.firstPause)
            } else {
                state.notBefore = .now + state.pause
                state.pause = min(state.pause * 2, Self.longestPause)
            }
        }
    }
}

extension StoreError {
    /// Another attempt may end otherwise. Refused for want of a right, a key stays: then its file is shown again.
    fileprivate var mayBePassing: Bool {
        switch reason {
        case .accessDenied, .locked: false
        default: !isFinal
        }
    }
}
