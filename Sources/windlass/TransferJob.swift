import FileSystemTypes
import Foundation
import Glibc
import ObjectStorage
import Threads
import Transfers

/// One transfer from the command line to its end: its folder, its signals, what is shown of it.
struct TransferJob {
    let plan: TransferPlan
    let options: TransferOptions
    let source: String
    let target: String
    /// Whether an interrupted one is taken up again: large files, and folders.
    let isKept: Bool

    /// What the process does with SIGINT and its like from now on; made before there is another thread.
    let watch: TransferWatch
    /// What a dry run would do.
    let plans: LineWriter?

    func run() throws {
        let executor = try BlockingExecutor.ofTransfers()
        defer { executor.stop() }
        let folder = try isKept && !plan.isDryRun ? TransferJobs.folder(plan.job) : nil
        // What a run that was killed has left is looked for at the end.
        let isResumed = folder?.description != nil
        let lock = try folder.map { try TransferJobs.begin($0, source: source, target: target) }
        defer { lock?.release() }
        let run = try makeRun(folder, executor)
        if options.restart { try restart(run) }
        let started = ContinuousClock.now
        watch.screen?.begin(plan.job, source, target)
        let outcome = try carryOut(run, folder)
        plans?.flush()
        watch.screen?.end(outcome, seconds: started.duration(to: .now) / .seconds(1))
        try finish(outcome, run, folder, isResumed: isResumed)
    }

    private func makeRun(_ folder: JobFolder?, _ executor: BlockingExecutor) throws -> TransferRun {
        do throws(Errno) {
            let checkpoint = try CheckpointFile(folder?.checkpoint)
            let progress = TransferProgress { [screen = watch.screen, plan, source, target, plans] event in
                switch event {
                case .wouldCopy(let path, _):
                    plans?.add("would \(plan.removesSources ? "move" : "copy")  \(Self.name(source, path))  \(Self.name(target, path))")
                case .wouldDelete(let path): plans?.add("would delete  \(Self.name(target, path))")
                default: screen?.show(event)
                }
            }
            return TransferRun(
                plan, checkpoint: checkpoint, progress: progress, limit: BandwidthLimit(options.bandwidth?.bytes), on: executor)
        } catch {
            throw Failure("cannot use the checkpoint of the transfer: \(error)")
        }
    }

    static func name(_ place: String, _ path: RelativePath) -> String {
        path.isEmpty ? place : place.hasSuffix("/") ? "\(place)\(path)" : "\(place)/\(path)"
    }

    private func carryOut(_ run: TransferRun, _ folder: JobFolder?) throws -> TransferOutcome {
        let deletes = plan.deletes && !plan.isDryRun
        guard !deletes || folder != nil else { throw Failure("set HOME or XDG_STATE_HOME: --delete notes there what is to be deleted", code: .usage) }
        let extras = try deletes ? folder.map { try TransferJobs.extras($0) } : nil
        return watch.during(run, folder) { await run.run(extras: extras) }
    }

    // MARK: The end

    private func finish(_ outcome: TransferOutcome, _ run: TransferRun, _ folder: JobFolder?, isResumed: Bool) throws {
        if let folder, folder.isCancelled, outcome.fatal != nil {
            try clear(run)
            try TransferJobs.remove(folder)
            throw Failure("cancelled: what was there by half is gone")
        }
        let isWhole = outcome.fatal == nil && outcome.figures.failed == 0
        if let folder {
            if isWhole, isResumed { try clear(run) }
            if isWhole { try TransferJobs.remove(folder) } else { TransferJobs.note(folder, outcome) }
        }
        if let fatal = outcome.fatal {
            guard fatal.kind == .stopped else { throw Failure(fatal) }
            let remedy = folder == nil ? "" : "; it goes on with the same command, or: windlass transfer resume \(plan.job)"
            throw Failure("interrupted\(remedy)")
        }
        if let first = outcome.failures.first {
            throw Failure(text(first, outcome.figures), code: outcome.isConflict ? .conflict : Self.code(first.error))
        }
    }

    private func text(_ first: (path: RelativePath, error: TransferError), _ figures: TransferFigures) -> String {
        guard !first.path.isEmpty || first.error.kind == .conflict else { return first.error.message }
        let name = Self.name(plan.route.direction == .up && !first.path.isEmpty ? target : source, first.path)
        let text = "\(name): \(first.error.message)"
        if first.path.isEmpty { return text }
        return figures.failed == 1 ? "\(text); all else is done" : "\(figures.failed) files failed, all else is done; the first: \(text)"
    }

    private static func code(_ error: TransferError) -> Failure.Code { Failure(error).code }

    private func restart(_ run: TransferRun) throws {
        try clear(run)
        do throws(Errno) {
            try run.checkpoint.reset()
        } catch {
            throw Failure("cannot write the checkpoint: \(error)")
        }
    }

    /// Takes away what is there by half, on both sides.
    func clear(_ run: TransferRun) throws {
        let failure = waiting { () async -> TransferError? in
            do throws(TransferError) {
                try await run.clear()
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw Failure(failure) }
    }
}

extension TransferJob {
    /// `windlass transfer cancel` of one that nobody works on.
    func cancel() throws {
        let executor = try BlockingExecutor.ofTransfers()
        defer { executor.stop() }
        guard let folder = try TransferJobs.folder(plan.job) else { return }
        let lock = try TransferJobs.begin(folder, source: source, target: target)
        defer { lock.release() }
        try clear(try makeRun(folder, executor))
        try TransferJobs.remove(folder)
    }
}

extension BlockingExecutor {
    fileprivate static func ofTransfers() throws -> BlockingExecutor {
        do throws(ThreadError) {
            return try BlockingExecutor(name: "files", threads: 8)
        } catch {
            throw Failure(error.description)
        }
    }
}
