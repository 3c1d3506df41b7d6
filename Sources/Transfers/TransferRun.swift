internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization
package import Threads

/// One run of a transfer: lists, compares, and moves what has to be moved. Cancelling the task that runs it ends it in order: what has been
/// transferred of files that are there by half stays, and the next run goes on from there.
package final class TransferRun: Sendable {
    struct Work: Sendable {
        let source: TransferEntry
        let target: TransferEntry?
        /// Whether it is known already that it is to be transferred.
        let isDecided: Bool
    }

    struct State {
        var failures: [(path: RelativePath, error: TransferError)] = []
        var isConflict = true
        var mayDelete = true
        /// The folder that was looked at last, when a file was to be put into it.
        var knownFolder: LocalPath?
        /// With new names in them that may not be on the disk yet.
        var unsynced: Set<LocalPath> = []
    }

    /// Files between the listing and the transfer.
    private static let mostAhead = 10_000
    private static let mostFailures = 100

    let plan: TransferPlan
    package let checkpoint: CheckpointFile
    package let progress: TransferProgress
    let limit: BandwidthLimit
    let executor: BlockingExecutor
    /// Turns of requests that move bytes.
    let slots: WeightedSlots
    let memory = WeightedSlots(TransferPlan.memory)
    let state = Mutex(State())

    package init(
        _ plan: TransferPlan, checkpoint: CheckpointFile, progress: TransferProgress, limit: BandwidthLimit, on executor: BlockingExecutor
    ) {
        self.plan = plan
        self.checkpoint = checkpoint
        self.progress = progress
        self.limit = limit
        self.executor = executor
        slots = WeightedSlots(Int64(limit.useful(plan.parallel)))
    }

    /// No further requests begin; those under way end.
    package func pause() { slots.pause() }

    package func resume() { slots.resume() }

    package var isPaused: Bool { slots.isPaused }

    /// `extras`: where paths are kept that are to be deleted at the end.
    package func run(extras: PathSpool?) async -> TransferOutcome {
        let resumed = checkpoint.content.finished.mark != nil || !checkpoint.content.finished.beyond.isEmpty
        let queue = BoundedQueue<Work>(capacity: Self.mostAhead)
        let fatal = await withTaskGroup(of: TransferError?.self) { group in
            group.addTask { [self] in
                defer { queue.finish() }
                do throws(TransferError) {
                    try await list(comparing: plan.rule ?? (resumed ? .sizeAndTime : nil), into: queue, extras: extras)
                    return nil
                } catch {
                    return error
                }
            }
            for _ in 0..<plan.parallel {
                group.addTask { [self] in
                    while let work = await queue.take() {
                        if !Task.isCancelled { await perform(work) }
                    }
                    return nil
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        return await finish(fatal, extras)
    }

    private func finish(_ fatal: TransferError?, _ extras: PathSpool?) async -> TransferOutcome {
        var fatal = fatal
        do throws(TransferError) {
            if let extras, fatal == nil, !Task.isCancelled { try await deleteExtras(extras) }
            try await syncFolders()
        } catch {
            fatal = fatal ?? error
        }
        if Task.isCancelled { fatal = .stopped }
        return state.withLock { state in
            TransferOutcome(figures: progress.figures, failures: state.failures, isConflict: state.isConflict, fatal: fatal)
        }
    }

    // MARK: One file

    private func perform(_ work: Work) async {
        let path = work.source.path
        do throws(TransferError) {
            if try await isNeeded(work) {
                if !work.isDecided { progress.queued(path, work.source.size) }
                try await carryOut(work.source)
            } else {
                progress.unchanged(path)
            }
        } catch {
            // What was stopped is neither done nor failed.
            if Task.isCancelled || error.kind == .stopped { return }
            failed(path, error)
        }
        // What is not remembered is compared again.
        if plan.rule == nil { try? await executor.run { [checkpoint] () throws(Errno) in try checkpoint.append(.done(path), isDurable: false) } }
    }

    private func isNeeded(_ work: Work) async throws(TransferError) -> Bool {
        guard !work.isDecided, let target = work.target else { return true }
        return try await differs(work.source, target)
    }

    private func carryOut(_ entry: TransferEntry) async throws(TransferError) {
        if plan.isDryRun { return progress.event(.wouldCopy(entry.path, bytes: entry.size)) }
        progress.begin(entry.path, entry.size)
        let bytes =
            switch plan.route {
            case .up(let root, let place): try await upload(entry, from: root, to: place)
            case .down(let place, let root): try await download(entry, from: place, to: root)
            case .across(let source, let target, let server): try await cross(entry, from: source, to: target, server)
            }
        if plan.removesSources { try await removeSource(entry) }
        progress.done(entry.path, bytes)
    }

    func failed(_ path: RelativePath, _ error: TransferError) {
        state.withLock { state in
            if state.failures.count < Self.mostFailures { state.failures.append((path, error)) }
            state.isConflict = state.isConflict && error.kind == .conflict
        }
        progress.failed(path, error)
    }

    // MARK: Failures and threads

    /// A task that was cancelled has not failed.
    func explained(_ error: StoreError, _ place: RemotePlace, _ key: Key?) -> TransferError {
        Task.isCancelled || error.reason == .cancelled ? .stopped : place.explain(error, key)
    }

    func asking<Value: Sendable>(
        _ place: RemotePlace, _ key: Key?, _ body: () async throws(StoreError) -> Value
    ) async throws(TransferError) -> Value {
        do throws(StoreError) {
            return try await body()
        } catch {
            throw explained(error, place, key)
        }
    }

    func onDisk<Value: Sendable>(
        _ deed: String, _ path: LocalPath, _ body: @escaping @Sendable () throws(Errno) -> Value
    ) async throws(TransferError) -> Value {
        do throws(Errno) {
            return try await executor.run(body)
        } catch {
            throw TransferError(error, deed, path)
        }
    }

    func record(_ record: CheckpointRecord) async throws(TransferError) {
        do throws(Errno) {
            try await executor.run { [checkpoint] () throws(Errno) in try checkpoint.append(record, isDurable: true) }
        } catch {
            throw TransferError(.failed, "cannot write the checkpoint of the transfer: \(error)")
        }
    }

    func enter() async throws(TransferError) {
        guard await slots.acquire() else { throw .stopped }
    }
}
