internal import Content
internal import FileSystemTypes
package import Logging
package import ObjectStorage
package import Reports
package import Staging
internal import Synchronization
package import Threads
internal import Uploads

/// What the user does with files that a mount could not store: shows them, uploads them again, exports or discards them.
///
/// It works on a state folder that no mount uses, and beside a running mount on those files that the mount has given up (`isMounted`).
/// Calls block on the local disk, on threads of their own; one action at a time.
package final class Recovery: Sendable {
    let store: any ObjectStore
    let state: StateFolder
    let logger: Logger
    let isMounted: Bool
    let runner: PlanRunner
    private let executor: BlockingExecutor
    private let isBusy = Mutex(false)
    /// Files at the same time.
    private static let width = 8

    /// Fails when the system gives no thread.
    package init(_ store: any ObjectStore, _ state: StateFolder, isMounted: Bool, logger: Logger) throws(ThreadError) {
        self.store = store
        self.state = state
        self.isMounted = isMounted
        self.logger = logger
        runner = PlanRunner(store, pool: TransferPool(8), logger: logger)
        executor = try BlockingExecutor(name: "recovery", threads: 2)
    }

    /// Ends its threads.
    package func close() {
        executor.stop()
    }

    /// Everything that is kept, in the order in which it came about.
    package func list() async throws(StateError) -> [KeptReport] {
        try await Self.list(state)
    }

    package static func list(_ state: StateFolder) async throws(StateError) -> [KeptReport] {
        let recovered = try await state.journal.recovered()
        let copies = try await state.journal.conflictCopies()
        return recovered.files.map { KeptReport($0) } + recovered.intents.compactMap { KeptReport($0) } + copies.map { KeptReport($0) }
    }

    /// Carries `action` out for the files of these keys, nil for all, and tells the outcome of each, until `report` says false.
    ///
    /// Fails when the journal cannot be read, or while another action is under way.
    package func run(
        _ action: RecoveryAction, keys: [String]?, _ report: @escaping @Sendable (FileOutcome) async -> Bool
    ) async throws(StateError) {
        guard
            isBusy.withLock({ isBusy in
                defer { isBusy = true }
                return !isBusy
            })
        else { throw StateError(.overloaded, "another recovery of \(state.path) is under way; try again when it has ended") }
        defer { isBusy.withLock { $0 = false } }
        let recovered = try await state.journal.recovered()
        try checkMoves(recovered, action)
        let wanted = keys.map { Set($0) }
        if action == .acknowledge { return try await acknowledge(wanted, report) }
        let files = recovered.files.filter { wanted?.contains($0.shownKey) ?? true }
        let (ours, busy) = (files.filter { isOurs($0) }, files.filter { !isOurs($0) })
        // What the mount still works on is no failure unless it was asked for by its name.
        for file in busy where wanted != nil {
            guard await report(FileOutcome(key: file.shownKey, text: "the mount is storing it: see `windlass status`", isFailure: true)) else {
                return
            }
        }
        for key in (wanted ?? []).subtracting(files.map(\.shownKey)).sorted() {
            guard await report(FileOutcome(key: key, text: "nothing of that key is kept", isFailure: true)) else { return }
        }
        if action == .retry, wanted == nil, !isMounted { await UploadCleanup(store, state.journal, logger: logger).run(recovered) }
        await withTaskExecutorPreference(executor) { await self.carryOut(action, ours, report) }
        if action == .retry, wanted == nil, !isMounted { await finishIntents(recovered.intents, report) }
    }

    /// Files below a folder whose rename was broken off have no certain name until a mount has finished it.
    private func checkMoves(_ recovered: Recovered, _ action: RecoveryAction) throws(StateError) {
        guard !isMounted, action == .retry || action == .keepBoth else { return }
        for intent in recovered.intents {
            guard case .rename(let from, let to, _, _) = intent.action else { continue }
            let names = "\(String(escaping: from.bytes)) to \(String(escaping: to.bytes))"
            throw StateError(.failed(.busy), "the rename of \(names) was broken off: mount the bucket, which finishes it, and then try again")
        }
    }

    /// A mount that runs works on everything but what it has given up.
    private func isOurs(_ file: Recovered.File) -> Bool {
        switch file.record.state {
        case .conflict, .failed: true
        case .writing, .closed, .uploading: !isMounted
        }
    }

    /// Several at a time; those of one key one after the other, the oldest first.
    private func carryOut(_ action: RecoveryAction, _ files: [Recovered.File], _ report: @escaping @Sendable (FileOutcome) async -> Bool) async {
        var lanes: [[Recovered.File]] = []
        var laneOfKey: [Key: Int] = [:]
        for file in files {
            if let lane = laneOfKey[file.record.key] {
                lanes[lane].append(file)
            } else {
                laneOfKey[file.record.key] = lanes.count
                lanes.append([file])
            }
        }
        await withTaskGroup(of: Bool.self) { group in
            var waiting = lanes[...]
            for lane in waiting.prefix(Self.width) { group.addTask { await self.carryOut(action, lane: lane, report) } }
            waiting = waiting.dropFirst(Self.width)
            for await goesOn in group {
                guard goesOn, !Task.isCancelled, let lane = waiting.popFirst() else { continue }
                group.addTask { await self.carryOut(action, lane: lane, report) }
            }
        }
    }

    private func carryOut(
        _ action: RecoveryAction, lane: [Recovered.File], _ report: @escaping @Sendable (FileOutcome) async -> Bool
    ) async -> Bool {
        for file in lane {
            let outcome = await outcome(of: action, file)
            guard await report(outcome) else { return false }
        }
        return true
    }

    private func outcome(of action: RecoveryAction, _ file: Recovered.File) async -> FileOutcome {
        do throws(RecoveryFailure) {
            let text =
                switch action {
                case .retry: try await upload(file, at: file.record.key)
                case .keepBoth: try await upload(file, at: file.record.key.besideForConflict)
                case .discard: try await discard(file)
                case .export(let folder): try await export(file, to: folder)
                case .acknowledge: "nothing was done"
                }
            return FileOutcome(key: file.shownKey, text: text, isFailure: false)
        } catch {
            return FileOutcome(key: file.shownKey, text: error.message, isFailure: true)
        }
    }

    // MARK: Without the store

    private func acknowledge(_ wanted: Set<String>?, _ report: @Sendable (FileOutcome) async -> Bool) async throws(StateError) {
        let copies = try await state.journal.conflictCopies()
        for copy in copies where wanted?.contains(String(escaping: copy.key.bytes)) ?? true {
            try await state.journal.commit([.removeConflictCopy(copy.id)])
            let text = "taken off the list; the copy \(String(escaping: copy.copy.bytes)) stays"
            guard await report(FileOutcome(key: String(escaping: copy.key.bytes), text: text, isFailure: false)) else { return }
        }
    }

    private func discard(_ file: Recovered.File) async throws(RecoveryFailure) -> String {
        var rest = ""
        if let upload = file.record.upload {
            do throws(StoreError) {
                try await store.abortUpload(upload)
            } catch {
                rest = "; its unfinished upload \(upload.id) could not be aborted: \(error)"
            }
        }
        let staged: StagedFile? = if let content = file.content { try? await state.openFile(of: file.record.id, content) } else { nil }
        try await onState { (state) async throws(StateError) in try await state.journal.commit([.remove(file.record.id)]) }
        try? staged?.remove()
        return "discarded" + rest
    }

    private func finishIntents(_ intents: [Intent], _ report: @Sendable (FileOutcome) async -> Bool) async {
        for intent in intents {
            let outcome: FileOutcome
            switch intent.action {
            case .delete(let key, let base): outcome = await finishDeletion(intent.id, key, base)
            case .setAttributes(let key, let attributes): outcome = await setAttributes(intent.id, key, attributes)
            case .rename, .beginUpload, .abortUpload: continue
            }
            guard await report(outcome) else { return }
        }
    }

    private func setAttributes(_ id: Int64, _ key: Key, _ attributes: ObjectAttributes) async -> FileOutcome {
        let shown = String(escaping: key.bytes)
        do throws(RecoveryFailure) {
            let isThere = try await asking { () async throws(StoreError) in try await FolderMarker.set(attributes, of: key, in: store) }
            try await onState { (state) async throws(StateError) in try await state.journal.commit([.removeIntent(id)]) }
            return FileOutcome(key: shown, text: isThere ? "its attributes are stored" : "is gone", isFailure: false)
        } catch {
            return FileOutcome(key: shown, text: "its attributes are not stored yet: \(error.message)", isFailure: true)
        }
    }

    private func finishDeletion(_ id: Int64, _ key: Key, _ base: ETag?) async -> FileOutcome {
        let shown = String(escaping: key.bytes)
        do throws(RecoveryFailure) {
            let found = try await head(key)
            let isMeant = found.map { base == nil || $0.etag == base } ?? false
            if isMeant { try await asking { () async throws(StoreError) in try await store.delete(key) } }
            try await onState { (state) async throws(StateError) in try await state.journal.commit([.removeIntent(id)]) }
            let text = isMeant ? "deleted" : found == nil ? "was deleted before" : "has been changed by somebody else since, and stays"
            return FileOutcome(key: shown, text: text, isFailure: false)
        } catch {
            return FileOutcome(key: shown, text: "not deleted yet: \(error.message)", isFailure: true)
        }
    }

    // MARK: Shared

    /// What the store has at a key; nil where it has nothing.
    func head(_ key: Key) async throws(RecoveryFailure) -> ObjectInfo? {
        do throws(StoreError) {
            return try await store.head(key, ReadConditions())
        } catch {
            guard error.reason == .noSuchKey else { throw RecoveryFailure(error) }
            return nil
        }
    }

    func asking<Value>(_ body: () async throws(StoreError) -> Value) async throws(RecoveryFailure) -> Value {
        do throws(StoreError) {
            return try await body()
        } catch {
            throw RecoveryFailure(error)
        }
    }

    func onState<Value>(_ body: (StateFolder) async throws(StateError) -> Value) async throws(RecoveryFailure) -> Value {
        do throws(StateError) {
            return try await body(state)
        } catch {
            throw RecoveryFailure(message: error.message)
        }
    }
}

/// Why nothing came of an action on one file: one line.
struct RecoveryFailure: Error {
    let message: String
    var cause: StoreError?

    init(message: String) {
        self.message = message
    }

    init(_ error: StoreError) {
        message = error.description
        cause = error
    }
}
