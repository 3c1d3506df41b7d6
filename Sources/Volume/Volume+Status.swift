internal import Content
internal import FileSystemTypes
internal import ObjectStorage
package import Reports
internal import Staging
internal import Synchronization

extension Volume {
    /// Files that programs have open, each counted once.
    package var openFileCount: Int {
        Set(handles.withLock { $0.openFiles }.map { ObjectIdentifier($0) }).count
    }

    /// Every file whose present state the store does not have: those that failed first, then the largest.
    package func fileReports() -> [FileReport] {
        let phases = queue.phases
        return changedFiles.map { report(of: $0, phases[ObjectIdentifier($0)]) }
            .sorted { ($0.error == nil ? 1 : 0, -$0.bytes, $0.key) < ($1.error == nil ? 1 : 0, -$1.bytes, $1.key) }
    }

    private func report(of file: OpenFile, _ phase: UploadQueue.Phase?) -> FileReport {
        let (size, modified, failure, sent) = file.withLockedState { state in
            (state.map.size, state.modified, state.failure, state.openUpload == nil ? nil : min(state.sent, state.map.size))
        }
        let now = Timestamp.now
        let age = Double(now.seconds - modified.seconds) + Double(now.nanoseconds - modified.nanoseconds) / 1e9
        return FileReport(
            key: shownKey(of: file), bytes: size, phase: FileReport.Phase(phase), age: max(0, age), sent: sent, error: failure?.description)
    }

    func shownKey(of file: OpenFile) -> String {
        tree.withLock { $0.path(of: file.inode) }.map { String(escaping: keys.file($0).bytes) } ?? "a deleted file"
    }

    /// Renames of folders that are under way.
    package var moveReports: [MoveReport] {
        moves.all.map { MoveReport(from: $0.from, to: $0.to, done: $0.done, total: $0.total, isStuck: $0.isStuck) }
    }

    /// Bytes of the local disk that files being written take, of those they may take; nil for a mount that allows no changes.
    package var stagingUsage: MountStatus.Usage? {
        state.map { MountStatus.Usage(used: $0.space.used, limit: $0.space.limit) }
    }

    /// Waits until everything that is queued now is in the store, deletions included, and gives what became of each file that is not as it
    /// should be there in the end.
    ///
    /// `progress` is told a few times a second what is left; false from it, or the end of the task, ends the waiting. Retries that wait for
    /// their time are made at once, and again every few seconds. Files that are open go to the store with their next close or sync.
    package func sync(_ progress: (PendingReport) async -> Bool) async -> [FileOutcome] {
        let goals = queue.files.filter(\.isChanged).map { file in (file, file.withLockedState { $0.revision }, shownKey(of: file)) }
        let asked = ContinuousClock.now
        var rounds = 0
        while true {
            let left = goals.filter { !hasReached($0.0, $0.1) }.map(\.0)
            let others = (deletions?.pending(before: asked) ?? 0) + folders.pending(before: asked)
            let goesOn = await progress(PendingReport(files: left.count + others, bytes: left.reduce(0) { $0 + $1.size }))
            guard goesOn, !left.isEmpty || others > 0, !Task.isCancelled else { break }
            if rounds % Self.roundsBetweenRetries == 0 {
                queue.hurry()
                deletions?.hurry()
                folders.hurry()
            }
            rounds += 1
            try? await Task.sleep(for: .milliseconds(100))
        }
        return goals.compactMap { outcome(of: $0.0, $0.1, key: $0.2) } + deletionOutcomes(before: asked)
    }

    private static var roundsBetweenRetries: Int { 50 }

    private func hasReached(_ file: OpenFile, _ goal: OpenFile.Revision) -> Bool {
        file.withLockedState { $0.stored.content >= goal.content && $0.stored.attributes >= goal.attributes }
    }

    /// Nil for a file that is stored, or that nobody wants any more.
    private func outcome(of file: OpenFile, _ goal: OpenFile.Revision, key: String) -> FileOutcome? {
        let failure = file.withLockedState { $0.failure }
        guard hasReached(file, goal) else {
            let reason = failure.map { "; the last attempt failed: \($0)" } ?? ""
            return FileOutcome(key: key, text: "not stored yet\(reason)", isFailure: true)
        }
        // A file that has been given up counts as stored, with the reason beside it.
        guard let failure, failure.isFinal else { return nil }
        return FileOutcome(key: key, text: "kept on the local disk, see `windlass recover --list`: \(failure)", isFailure: true)
    }
}

extension FileReport.Phase {
    fileprivate init(_ phase: UploadQueue.Phase?) {
        self =
            switch phase {
            case nil: .open
            case .waiting: .queued
            case .uploading: .uploading
            case .retrying: .retrying
            }
    }
}
