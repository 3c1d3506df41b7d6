internal import Synchronization
internal import Threads

/// Everything that a mount keeps on the local disk so that nothing acknowledged is lost: the journal and the staging files.
///
/// To acknowledge what a program has written:
///
///     let id = folder.journal.newFileID()
///     try await folder.journal.commit([.put(FileRecord(id: id, key: key, base: base))])
///     let file = try await folder.makeFile()
///     let offset = try file.append(bytes)                                // as often as need be
///     try await folder.acknowledge(id, extents: encoded, in: file, .state(id, .closed))
///     // from here on it survives kill -9 and a power cut
///
/// and when it is in the store: `journal.commit([.remove(id)])`, then `file.remove()`.
package final class StateFolder: Sendable {
    /// What a mount allows its state folder.
    package struct Options: Sendable {
        /// Bytes that staging files may take together.
        package var stagingLimit: Int64
        /// Bytes of the disk that staging leaves free.
        package var freeSpaceFloor: Int64
        /// How long a call waits for the local disk.
        package var diskDeadline: Duration
        /// Told before (false) and after (true) each commit of the journal, on its thread.
        package var onCommit: (@Sendable (_ isDone: Bool) -> Void)?

        package init(stagingLimit: Int64 = 10 << 30, freeSpaceFloor: Int64 = 1 << 30, diskDeadline: Duration = .seconds(60)) {
            self.stagingLimit = stagingLimit
            self.freeSpaceFloor = freeSpaceFloor
            self.diskDeadline = diskDeadline
        }
    }

    package let path: String
    package let journal: Journal
    package let space: StagingSpace
    let staging: StagingFiles
    let executor: BlockingExecutor
    private let deadline: Duration
    private let lock: Mutex<FolderLock?>

    init(path: String, journal: Journal, staging: StagingFiles, executor: BlockingExecutor, deadline: Duration, lock: FolderLock) {
        self.path = path
        self.journal = journal
        self.staging = staging
        space = staging.space
        self.executor = executor
        self.deadline = deadline
        self.lock = Mutex(lock)
    }

    /// An empty staging file whose name survives a power cut. It belongs to one record at a time.
    package func makeFile() async throws(StateError) -> StagedFile {
        try await onDisk { staging throws(StateError) in try staging.make() }
    }

    /// The staging file of acknowledged content, as recovery found it. Nil when no local bytes belong to it.
    ///
    /// Fails with `corrupted` when bytes are missing; that they are right is checked as they are read. To be called once for a file: then
    /// `keepOnly` gives back what had been released before the crash, which the count of `space` includes until then.
    package func openFile(of id: FileID, _ content: AcknowledgedContent) async throws(StateError) -> StagedFile? {
        guard let extent = content.staging else { return nil }
        guard let sums = try await journal.checksums(of: id, length: extent.length) else {
            throw StateError(.damaged, "the journal in \(path) lacks checksums of file \(id); nothing of it is uploaded")
        }
        if let bytes = try await journal.smallBytes(of: id) {
            return try await onDisk { staging throws(StateError) in try staging.restore(extent.file, bytes, sums, recordedFor: id) }
        }
        return try await onDisk { staging throws(StateError) in try staging.open(extent.file, sums, recordedFor: id) }
    }

    /// Makes all bytes of `file` and `extents`, which say what the user's file consists of, survive; `changes` with them, all or none.
    ///
    /// In this order: the bytes reach the disk, then the journal says so. `file` is nil when `extents` refers to no local bytes.
    package func acknowledge(_ id: FileID, extents: [UInt8], in file: StagedFile?, _ changes: JournalChange...) async throws(StateError) {
        try await acknowledge(id, extents, file, before: [], after: changes)
    }

    /// As `acknowledge`, for a file that the journal does not have yet: one wait for the disk less.
    package func acknowledge(creating record: FileRecord, extents: [UInt8], in file: StagedFile?, _ changes: [JournalChange] = [])
        async throws(StateError)
    {
        try await acknowledge(record.id, extents, file, before: [.put(record)], after: changes)
    }

    private func acknowledge(
        _ id: FileID, _ extents: [UInt8], _ file: StagedFile?, before: [JournalChange], after: [JournalChange]
    ) async throws(StateError) {
        var seal: StagingSeal?
        if let file { seal = try await onDisk { _ throws(StateError) in try file.seal(for: id) } }
        try await journal.commit(before + [.acknowledge(id, extents: extents, seal: seal)] + after)
        if let file, let seal { file.recorded(seal, for: id) }
    }

    /// Runs a call that blocks on the threads for it, and waits no longer than the deadline.
    private func onDisk<Result: Sendable>(
        _ body: @escaping @Sendable (StagingFiles) throws(StateError) -> Result
    ) async throws(StateError) -> Result {
        let reply = Reply<Swift.Result<Result, StateError>>()
        Task(executorPreference: executor) { [staging] in
            do throws(StateError) {
                reply.answer(.success(try body(staging)))
            } catch {
                reply.answer(.failure(error))
            }
        }
        let late = StateError(.timedOut, "the disk of \(path) did not answer within \(deadline)")
        return try await reply.wait(atMost: deadline, late: .failure(late)).get()
    }

    /// Ends the journal and gives the folder up for the next owner. Staging files stay. Blocks on the local disk; not to be called from a task
    /// that runs on the staging threads.
    package func close() throws(StateError) {
        guard lock.withLock({ $0 != nil }) else { return }
        defer { lock.withLock { $0 = nil } }
        staging.clear()
        executor.stop()
        try journal.close()
    }
}
