internal import Synchronization
internal import Threads

/// What must survive a crash of the unsent changes of a mount: see `JournalChange` and `FileRecord`.
///
/// When `commit` returns, its changes are on the disk. Changes of several tasks that wait at the same time share one fdatasync(2). SQLite
/// runs on a thread of its own. After a failure of the disk other than a full one nothing more is recorded: what the system could not
/// write it has forgotten, so the journal's state is known only after it has been opened anew.
package final class Journal: Sendable {
    private struct Batch: Sendable {
        let changes: [JournalChange]
        let reply: Reply<StateError?>
    }

    private struct State {
        var pending: [Batch] = []
        var isWriting = false
        var fault: StateError?
        var commits = 0
        var nextFile: Int64
        var nextNote: Int64
    }

    /// How many batches may wait for the disk.
    static let longestQueue = 8192
    /// How many batches share one transaction.
    static let largestGroup = 512

    private let database: JournalDatabase
    private let executor: BlockingExecutor
    private let limit: Duration
    private let onCommit: (@Sendable (_ isDone: Bool) -> Void)?
    private let state: Mutex<State>

    /// `executor` has one thread, and nobody else uses `database`. `limit`: how long a call waits for the disk.
    init(
        _ database: JournalDatabase, executor: BlockingExecutor, limit: Duration, nextFile: Int64, nextNote: Int64,
        onCommit: (@Sendable (_ isDone: Bool) -> Void)? = nil
    ) {
        self.database = database
        self.executor = executor
        self.limit = limit
        self.onCommit = onCommit
        state = Mutex(State(nextFile: nextFile, nextNote: nextNote))
    }

    /// An id for a new file.
    package func newFileID() -> FileID {
        FileID(
            state.withLock { state in
                defer { state.nextFile += 1 }
                return state.nextFile
            })
    }

    /// An id for a new intent or conflict copy.
    package func newNoteID() -> Int64 {
        state.withLock { state in
            defer { state.nextNote += 1 }
            return state.nextNote
        }
    }

    /// Makes `changes` durable, all or none, in the order of the calls.
    ///
    /// Fails with `full` and no change when there is no space: later calls may succeed. After `timedOut` they may or may not be recorded.
    package func commit(_ changes: [JournalChange]) async throws(StateError) {
        guard !changes.isEmpty else { return }
        let batch = Batch(changes: changes, reply: Reply())
        let mustStart = try state.withLock { state throws(StateError) in
            if let fault = state.fault { throw fault }
            guard state.pending.count < Self.longestQueue else {
                throw StateError(.overloaded, "\(Self.longestQueue) changes wait for the disk of \(database.path); it is too slow for this load")
            }
            state.pending.append(batch)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { Task(executorPreference: executor) { self.writePending() } }
        let late = StateError(.timedOut, "the disk of \(database.path) did not take a change within \(limit); whether it is recorded is unknown")
        if let error = await batch.reply.wait(atMost: limit, late: late) { throw error }
    }

    /// Runs on the journal's thread until nothing is pending.
    private func writePending() {
        while let group = nextGroup() {
            state.withLock { $0.commits += 1 }
            onCommit?(false)
            var outcomes = [StateError?](repeating: nil, count: group.count)
            do throws(StateError) {
                outcomes = try database.commit(group.map(\.changes))
            } catch {
                outcomes = outcomes.map { _ in error }
                noteFault(error)
            }
            onCommit?(true)
            for (batch, outcome) in zip(group, outcomes) { batch.reply.answer(outcome) }
        }
    }

    private func nextGroup() -> ArraySlice<Batch>? {
        state.withLock { state in
            guard !state.pending.isEmpty else {
                state.isWriting = false
                return nil
            }
            defer { state.pending.removeFirst(min(Self.largestGroup, state.pending.count)) }
            return state.pending.prefix(Self.largestGroup)
        }
    }

    private func noteFault(_ error: StateError) {
        guard error.reason != .full else { return }
        state.withLock { state in
            guard state.fault == nil else { return }
            state.fault = StateError(.closed, "nothing is recorded any more since: \(error.message); unmount and mount again")
        }
    }

    /// How often the disk has been waited for.
    package var commits: Int { state.withLock { $0.commits } }

    /// What SQLite says of one of its settings, e.g. `synchronous`. Blocks on the local disk; for checks.
    package func setting(_ name: String) throws(StateError) -> String? {
        try database.pragma(name)
    }

    package func counts() async throws(StateError) -> JournalCounts {
        try await reading { database throws(StateError) in try database.counts() }
    }

    /// All that the journal has, as the next owner of the folder would find it now.
    package func recovered() async throws(StateError) -> Recovered {
        try await reading { database throws(StateError) in try Recovered(database) }
    }

    package func conflictCopies() async throws(StateError) -> [ConflictCopy] {
        try await reading { database throws(StateError) in try database.rows(ConflictCopy.self) }
    }

    /// The bytes of a staging file that the journal keeps instead of the file.
    func smallBytes(of file: FileID) async throws(StateError) -> [UInt8]? {
        try await reading { database throws(StateError) in try database.rows(SmallRow.self, of: file).first?.bytes }
    }

    /// The checks that are recorded of a file's staging file of `length` bytes; nil when they do not fit it.
    func checksums(of file: FileID, length: Int64) async throws(StateError) -> BlockChecksums? {
        let rows = try await reading { database throws(StateError) in try database.rows(ChecksumRow.self, of: file) }
        guard rows.map(\.chunk) == Array(0..<rows.count) else { return nil }
        return BlockChecksums(length: length, sums: rows.flatMap(\.sums))
    }

    private func reading<Result: Sendable>(
        _ body: @escaping @Sendable (JournalDatabase) throws(StateError) -> Result
    ) async throws(StateError) -> Result {
        let reply = Reply<Swift.Result<Result, StateError>>()
        Task(executorPreference: executor) { [database] in
            do throws(StateError) {
                reply.answer(.success(try body(database)))
            } catch {
                reply.answer(.failure(error))
            }
        }
        let late = StateError(.timedOut, "the disk of \(database.path) did not answer within \(limit)")
        return try await reply.wait(atMost: limit, late: .failure(late)).get()
    }

    /// Ends it: later calls fail with `closed`. What was committed stays. Blocks until the disk has everything.
    func close() throws(StateError) {
        state.withLock { state in
            state.fault = state.fault ?? StateError(.closed, "the journal \(database.path) has been closed")
        }
        executor.stop()
        try database.close()
    }
}
