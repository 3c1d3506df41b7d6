internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Reports
internal import Staging
internal import Uploads

extension Recovery {
    /// Uploads what was acknowledged of a file; the journal and the local disk forget it then. At its own key the store must have what it was
    /// based on, elsewhere nothing.
    func upload(_ file: Recovered.File, at key: Key) async throws(RecoveryFailure) -> String {
        guard let content = file.content else { return try await discard(unacknowledged: file) }
        var map = try decoded(content)
        let staged = try await onState { (state) async throws(StateError) in try await state.openFile(of: file.record.id, content) }
        do throws(RecoveryFailure) {
            try keepOnly(map, staged)
            try await storeOnce(&map, staged, file, at: key)
        } catch {
            // It is opened anew for the next attempt.
            staged?.park()
            try await note(error, file, at: key)
            throw error
        }
        if let unused = file.record.upload, unused.key != key { try? await store.abortUpload(unused) }
        try await onState { (state) async throws(StateError) in try await state.journal.commit([.remove(file.record.id)]) }
        try? staged?.remove()
        return key == file.record.key ? "stored" : "stored as \(String(escaping: key.bytes))"
    }

    private func decoded(_ content: AcknowledgedContent) throws(RecoveryFailure) -> ExtentMap {
        do throws(DamagedMap) {
            return try ExtentMap(decoding: content.extents)
        } catch {
            throw RecoveryFailure(message: "its record in the journal cannot be read: \(error)")
        }
    }

    func keepOnly(_ map: ExtentMap, _ staged: StagedFile?) throws(RecoveryFailure) {
        do throws(StateError) {
            try staged?.keepOnly(map.stagedRanges(in: ByteRange(offset: 0, count: map.size)))
        } catch {
            throw RecoveryFailure(message: error.message)
        }
    }

    /// Only its upload is to be ended.
    private func discard(unacknowledged file: Recovered.File) async throws(RecoveryFailure) -> String {
        if let upload = file.record.upload { try await asking { () async throws(StoreError) in try await store.abortUpload(upload) } }
        try await onState { (state) async throws(StateError) in try await state.journal.commit([.remove(file.record.id)]) }
        return "nothing of it was acknowledged; its unfinished upload is aborted"
    }

    private func storeOnce(
        _ map: inout ExtentMap, _ staged: StagedFile?, _ file: Recovered.File, at key: Key
    ) async throws(RecoveryFailure) {
        guard key == file.record.key else {
            try forgetParts(of: &map)
            return try await store(map.withoutBase, nil, staged, file, at: key)
        }
        if let own = try await storedBefore(file, map) {
            if let upload = file.record.upload { try? await store.abortUpload(upload) }
            guard !own.hasAttributes else { return }
            return try await store(ExtentMap(base: own.version), nil, nil, file, at: key)
        }
        let upload = try await adoptUpload(of: file, into: &map)
        try await nameBase(&map, file)
        try await store(map, upload, staged, file, at: key)
    }

    /// What an attempt before, which did not live to say so, has made of the key: told by the time of change, to the nanosecond, or, for what
    /// was sent while it was being written and has no times yet, by the parts' checksums.
    private func storedBefore(
        _ file: Recovered.File, _ map: ExtentMap
    ) async throws(RecoveryFailure) -> (version: ObjectVersion, hasAttributes: Bool)? {
        guard let info = try await head(file.record.key), info.size == map.size else { return nil }
        let metadata = file.record.attributes.metadata
        let hasAttributes = metadata["ctime"] != nil && metadata.allSatisfy { info.metadata[$0.key] == $0.value }
        guard let etag = info.etag, hasAttributes || etag == CompletedUpload.etag(of: file, map) else { return nil }
        return (ObjectVersion(key: file.record.key, info: info), hasAttributes)
    }

    private func forgetParts(of map: inout ExtentMap) throws(RecoveryFailure) {
        do throws(BytesOnlyInPart) {
            try map.forgetParts()
        } catch {
            throw RecoveryFailure(message: "\(error)")
        }
    }

    /// The upload that can be gone on with: its parts, as far as the store has them as they were recorded, are not sent again.
    private func adoptUpload(of file: Recovered.File, into map: inout ExtentMap) async throws(RecoveryFailure) -> Upload? {
        guard let upload = file.record.upload else {
            try forgetParts(of: &map)
            return nil
        }
        let found = upload.key == file.record.key ? try await parts(of: upload) : []
        guard !found.isEmpty else {
            await runner.abandon(upload, telling: RecoveryEvents(id: file.record.id, state: state))
            try forgetParts(of: &map)
            return nil
        }
        for part in file.parts where part.range.end <= map.size {
            map.beginPart(part.number, part.range)
            map.confirmPart(part.number, part.range, etag: part.etag)
        }
        let stored = Dictionary(found.map { ($0.number, $0.etag) }, uniquingKeysWith: { first, _ in first })
        for placed in map.wholeParts where stored[placed.part.number] != placed.part.etag { map.forgetPart(placed.part.number, placed.range) }
        return upload
    }

    /// Empty for an upload that there is not any more.
    private func parts(of upload: Upload) async throws(RecoveryFailure) -> [UploadedPart] {
        do throws(StoreError) {
            return try await store.listParts(upload)
        } catch {
            guard error.reason == .noSuchUpload else { throw RecoveryFailure(error) }
            return []
        }
    }

    /// An append tells no ETag: the object must be as long as it was then.
    private func nameBase(_ map: inout ExtentMap, _ file: Recovered.File) async throws(RecoveryFailure) {
        guard let base = map.base, base.etag == nil else { return }
        guard let info = try await head(base.key), info.size == base.size else {
            throw RecoveryFailure(StoreError(.preconditionFailed, "\(base.key) was changed by somebody else"))
        }
        map.replaceSource(base, with: ObjectVersion(key: base.key, info: info))
    }

    private func store(
        _ map: ExtentMap, _ upload: Upload?, _ staged: StagedFile?, _ file: Recovered.File, at key: Key
    ) async throws(RecoveryFailure) {
        let condition: WriteCondition = if let base = map.base { base.etag.map { .matches($0) } ?? .always } else { .absent }
        let situation = UploadSituation(attributesChanged: true, upload: upload.map { _ in RunningUpload(carriesAttributes: false) })
        var job = UploadJob(
            owner: TransferPool.Owner(UInt64(bitPattern: file.record.id.number)), key: key, size: map.size, base: map.base, condition: condition,
            attributes: file.record.attributes, staged: staged, upload: upload, events: RecoveryEvents(id: file.record.id, state: state))
        let plan: UploadPlan
        do throws(PlanError) {
            plan = try Planner(limits: store.limits, capabilities: store.capabilities).plan(map, situation)
        } catch {
            throw RecoveryFailure(message: "\(error)")
        }
        if plan.abandonsUpload, let upload {
            // Now: the record has room for one upload only, and the next attempt must know of it.
            await runner.abandon(upload, job)
            job.upload = nil
        }
        try await send(plan, job)
    }

    private func send(_ plan: UploadPlan, _ job: UploadJob) async throws(RecoveryFailure) {
        try await asking { () async throws(StoreError) in
            let prepared = try await runner.prepare(plan, job)
            do throws(StoreError) {
                _ = try await runner.finish(prepared, job)
            } catch {
                if error.reason == .preconditionFailed, let upload = prepared.openUpload { await runner.abandon(upload, job) }
                throw error
            }
        }
    }

    /// What the list says of the file from now on.
    private func note(_ failure: RecoveryFailure, _ file: Recovered.File, at key: Key) async throws(RecoveryFailure) {
        guard key == file.record.key, let cause = failure.cause else { return }
        let fileState: FileState
        switch cause.reason {
        case .preconditionFailed, .wrongPosition, .noSuchKey: fileState = .conflict(found: (try? await head(key))?.etag)
        default:
            guard case .failed = file.record.state else { return }
            fileState = .failed(cause.description)
        }
        try await onState { (state) async throws(StateError) in try await state.journal.commit([.state(file.record.id, fileState)]) }
    }
}

/// Records the uploads of a recovery, so that one which is broken off is resumed or aborted later.
private struct RecoveryEvents: UploadEvents {
    let id: FileID
    let state: StateFolder

    func beginning(_ key: Key) async throws(StoreError) -> UploadNote {
        let intent = Intent(id: state.journal.newNoteID(), action: .beginUpload(key, since: .now))
        try await recording([.putIntent(intent)])
        return .intent(intent.id)
    }

    func created(_ upload: Upload, _ note: UploadNote) async throws(StoreError) {
        try await recording([.uploadCreated(id, upload)] + note.closed)
    }

    private func recording(_ changes: [JournalChange]) async throws(StoreError) {
        do throws(StateError) {
            try await state.journal.commit(changes)
        } catch {
            throw StoreError(.localFailure, error.message)
        }
    }

    func failedToBegin(_ note: UploadNote, _ error: StoreError) async {
        if !error.outcomeUnknown { try? await state.journal.commit(note.closed) }
    }

    /// The record says which upload there is, and the next attempt goes on with it or aborts it; that of a copy has no record.
    func keeps(_ upload: Upload, after error: StoreError) async -> Bool { false }

    func stored(_ part: UploadedPart, _ range: ByteRange) async {
        try? await state.journal.commit([.partStored(id, JournaledPart(number: part.number, etag: part.etag, range: range))])
    }

    func completed(_ upload: Upload) async {
        await ended(upload)
    }

    func ended(_ upload: Upload) async {
        // What stays recorded by mistake is found to be gone by the next attempt.
        try? await state.journal.commit([.uploadEnded(id)])
    }
}

extension UploadNote {
    fileprivate var closed: [JournalChange] {
        if case .intent(let id) = self { [.removeIntent(id)] } else { [] }
    }
}
