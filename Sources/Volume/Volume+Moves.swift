internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Staging
internal import Synchronization

/// What renames of many objects have in common: the intent in the journal, and what happens when they do not get to their end.
extension Volume {
    func beginMove(_ source: MovePlace, _ target: MovePlace, paths: [[FileName]], kind: MoveDetail.Kind) throws(Errno) -> MoveUnderWay {
        guard let state else { throw .readOnly }
        let hold = moves.begin(paths, from: source.key.description, to: target.key.description)
        let id = state.journal.newNoteID()
        let mover = mover(CopyLedger(id, state.journal)) { [moves] count in moves.change(hold) { $0.done += count } }
        return MoveUnderWay(hold: hold, id: id, source: source, target: target, mover: mover, detail: MoveDetail(kind))
    }

    private func mover(_ ledger: CopyLedger, onProgress: @escaping @Sendable (Int) -> Void) -> ObjectMover {
        ObjectMover(store: store, copier: copier, width: options.transfers, ledger: ledger, logger: logger, onProgress: onProgress)
    }

    /// Makes the state of a rename survive a crash.
    func record(_ under: MoveUnderWay) async throws(Errno) {
        try await onState { (state) async throws(StateError) in try await state.journal.commit([.putIntent(under.intent)]) }
    }

    /// Runs the requests of a rename. When one fails, what was done is taken back if that is still possible; otherwise, and when taking it
    /// back fails too, it is gone on with in the background, and the names stay held until then. `names` is held alone.
    func carryOut(
        _ under: MoveUnderWay, _ body: (inout MoveUnderWay) async throws(Errno) -> Void
    ) async throws(Errno) -> MoveUnderWay {
        var under = under
        do throws(Errno) {
            try await body(&under)
            return under
        } catch {
            let left = under
            // A cancelled caller does not cancel this.
            await Task { await self.settleFailed(left) }.value
            throw error
        }
    }

    private func settleFailed(_ under: MoveUnderWay) async {
        if under.detail.phase == 0, await finishRequests(under), await forget(under) { return }
        logger.error("\(under.source.key) could not be renamed to \(under.target.key) yet, nor be left as it was: it is tried again")
        moves.change(under.hold) { $0.isStuck = true }
        Task { [weak self] in
            while let self, !Task.isCancelled {
                try? await Task.sleep(for: self.options.renameRetry)
                if await self.tryAgain(under) { return }
            }
        }
    }

    private func tryAgain(_ under: MoveUnderWay) async -> Bool {
        await names.enter(alone: true)
        let isDone = await finishRequests(under)
        names.leave()
        guard isDone, (try? await recordAgain(changedFiles)) != nil else { return false }
        return await forget(under)
    }

    private func finishRequests(_ under: MoveUnderWay) async -> Bool {
        do throws(StoreError) {
            _ = try await finishRequests(of: under.source, under.target, under.detail, under.mover) { (detail) async throws(StoreError) in
                var later = under
                later.detail = detail
                try await self.recordPhase(later.intent)
            }
            return true
        } catch {
            logger.error("\(error)")
            return false
        }
    }

    func recordPhase(_ intent: Intent) async throws(StoreError) {
        do throws(StateError) {
            try await state?.journal.commit([.putIntent(intent)])
        } catch {
            throw StoreError(.localFailure, error.message)
        }
    }

    /// The journal forgets the rename, and the names are let go.
    private func forget(_ under: MoveUnderWay) async -> Bool {
        guard (try? await state?.journal.commit([.removeIntent(under.id)])) != nil else { return false }
        moves.end(under.hold)
        return true
    }

    /// The requests have all been answered: records of files say the new names before the journal forgets the rename.
    func conclude(_ under: MoveUnderWay) async {
        await Task {
            if (try? await self.recordAgain(self.changedFiles)) != nil, await self.forget(under) { return }
            await self.settleFailed(under)
        }.value
    }

    // MARK: Also after a crash

    /// Makes the requests that a rename which was broken off still needs. True when the new names count, false when the old ones do.
    func finishRequests(
        of source: MovePlace, _ target: MovePlace, _ detail: MoveDetail, _ mover: ObjectMover,
        _ record: (MoveDetail) async throws(StoreError) -> Void
    ) async throws(StoreError) -> Bool {
        switch detail.kind {
        case .copies:
            guard detail.phase == 0 else {
                try await mover.clear(source, copiedTo: target)
                return true
            }
            try await mover.undo(source, copiedTo: target, restoring: detail.replacedMarker)
            return false
        case .native: return try await finishNative(source, target, detail, mover)
        case .exchange: return try await finishExchange(source, target, detail, mover, record)
        case .nativeExchange: return try await finishNativeExchange(source, target, detail, mover, record)
        }
    }

    /// The store has made it, or not.
    private func finishNative(
        _ source: MovePlace, _ target: MovePlace, _ detail: MoveDetail, _ mover: ObjectMover
    ) async throws(StoreError) -> Bool {
        guard detail.phase == 0, try await mover.isThere(source) else { return true }
        if let marker = detail.replacedMarker, try await !mover.isThere(target) {
            _ = try await store.put(target.key, BytesSource(Bytes()), marker, .always)
        }
        return false
    }

    /// Finishes, or takes back, renames that a crash has broken off, before anybody sees their names: so nothing half done is ever shown and
    /// no name has to be held. What the journal has of files below them says the names that count afterwards.
    func settleMoves(_ recovered: Recovered) async throws(Errno) -> Recovered {
        var recovered = recovered
        for intent in recovered.intents {
            guard case .rename(let from, let to, _, let cursor) = intent.action, let detail = MoveDetail(decoding: cursor) else { continue }
            let (source, target) = (MovePlace(from), MovePlace(to))
            // The mount before may have renamed them, and not have had the time to forget.
            for place in [source, target] { forgetMetadata(below: place.key) }
            var mover = mover(CopyLedger(intent.id, state?.journal, known: recovered.movedCopies)) { _ in }
            mover.isAfterCrash = true
            let isDone = try await asking { () async throws(StoreError) in
                try await finishRequests(of: source, target, detail, mover) { (detail) async throws(StoreError) in
                    try await recordPhase(Intent(id: intent.id, action: .rename(from: from, to: to, base: nil, cursor: detail.encoded)))
                }
            }
            logger.notice("the rename of \(from) to \(to) had been broken off: it is \(isDone ? "finished" : "taken back") now")
            let changes = isDone ? renamedRecords(recovered.files, renaming(source, target, detail, mover.ledger)) : []
            recovered = try await onState { (state) async throws(StateError) in
                try await state.journal.commit(changes + [.removeIntent(intent.id)])
                return try await state.journal.recovered()
            }
        }
        return recovered
    }

    /// Which versions have other names after a rename.
    private func renaming(
        _ source: MovePlace, _ target: MovePlace, _ detail: MoveDetail, _ ledger: CopyLedger
    ) -> (ObjectVersion) -> ObjectVersion? {
        if detail.kind == .exchange || detail.kind == .nativeExchange { return exchanging(source, target, detail, ledger) }
        return { version in
            guard source.contains(version.key) else { return nil }
            return version.renamed(source.moved(version.key, to: target), ledger)
        }
    }

    /// What was set aside stays as it is: the user decides where it goes.
    private func renamedRecords(_ files: [Recovered.File], _ renamed: (ObjectVersion) -> ObjectVersion?) -> [JournalChange] {
        files.flatMap { file -> [JournalChange] in
            guard let content = file.content, !file.isSetAside, var map = try? ExtentMap(decoding: content.extents) else { return [] }
            let before = map
            map.renameSources(renamed)
            let key = renamed(ObjectVersion(key: file.record.key, etag: nil, size: 0))?.key ?? file.record.key
            guard key != file.record.key || map != before else { return [] }
            return [.key(file.record.id, key, BaseVersion(map.base)), .extents(file.record.id, map.encoded)]
        }
    }
}
