internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Staging
internal import Synchronization

/// Keeping changes on the local disk, so that a crash does not lose them.
extension Volume {
    /// close(2): returns when what was written is safe, in the store or, with write-back, on the local disk.
    func close(_ file: OpenFile) async throws(Errno) {
        guard options.writesBack else { return try await publish(file) }
        try await record(file)
        queue.schedule(file, in: self)
    }

    /// Returns when content and attributes survive a crash.
    func record(_ file: OpenFile) async throws(Errno) {
        guard file.isUnrecorded else { return }
        try await file.sending.run { () async throws(Errno) in
            // An upload that was waited for may have stored it.
            guard file.isUnrecorded else { return }
            try await acknowledge(file, .closed)
        }
    }

    /// `sending` is held, so that no older state of the file is on its way to the store. Bytes that only an upload holds make it end first.
    func acknowledge(_ file: OpenFile, _ fileState: FileState, _ changes: [JournalChange] = []) async throws(Errno) {
        let isRecorded = try await names.together { () async throws(Errno) -> Bool in
            guard let snapshot = try await snapshot(file) else { return true }
            guard !snapshot.hasBytesOnlyInPart else { return false }
            try await record(snapshot, of: file, fileState, changes)
            return true
        }
        if !isRecorded { try await commit(file) }
    }

    /// What the journal says of a file that it has is what is being stored: after a crash the next mount must be able to tell the object for it.
    func recordAgain(_ snapshot: Snapshot, of file: OpenFile) async throws(Errno) {
        guard let recorded = file.withLockedState({ $0.recorded }), recorded != snapshot.revision, !snapshot.hasBytesOnlyInPart else { return }
        try await names.together { () async throws(Errno) in
            // Renamed since: the attempt that goes with the snapshot comes to nothing, and the next records what is then.
            guard let path = tree.withLock({ $0.path(of: file.inode) }), keys.file(path) == snapshot.key else { return }
            try await record(snapshot, of: file, .closed)
        }
    }

    /// The file has a new name, and is there instead of another one. `sending` is held.
    func recordMoved(_ file: OpenFile, insteadOf replaced: JournalChange?) async throws(Errno) {
        let changes = replaced.map { [$0] } ?? []
        if file.withLockedState({ $0.recorded }) != nil, let snapshot = try await snapshot(file), !snapshot.hasBytesOnlyInPart {
            return try await record(snapshot, of: file, .closed, changes)
        }
        try await onState { (state) async throws(StateError) in try await state.journal.commit(changes) }
    }

    /// Runs the deletion of a stored file's object. What the journal has of the file is about an object that will be gone: from here on it
    /// says that the object is to be deleted. `sending` is held.
    func deleting(_ key: Key, of file: OpenFile, _ body: () async throws(Errno) -> Void) async throws(Errno) {
        let isRecorded = file.withLockedState { $0.recorded != nil }
        guard isRecorded, let state, let etag = file.base?.etag else { return try await body() }
        guard let change = file.withLockedState({ $0.forgetRecord() }) else { return try await body() }
        let intent = Intent(id: state.journal.newNoteID(), action: .delete(key, base: etag))
        try await onState { (state) async throws(StateError) in try await state.journal.commit([change, .putIntent(intent)]) }
        do throws(Errno) {
            try await body()
        } catch {
            if let snapshot = try await snapshot(file) { try await self.record(snapshot, of: file, .closed, [.removeIntent(intent.id)]) }
            throw error
        }
        // A deletion that stays intended finds nothing to delete.
        try? await state.journal.commit([.removeIntent(intent.id)])
    }

    private func record(_ snapshot: Snapshot, of file: OpenFile, _ fileState: FileState, _ changes: [JournalChange] = []) async throws(Errno) {
        try await onState { (state) async throws(StateError) in
            let id = file.withLockedState { open in
                let id = open.record ?? state.journal.newFileID()
                open.record = id
                return id
            }
            let record = FileRecord(
                id: id, key: snapshot.key, base: BaseVersion(snapshot.map.base), attributes: snapshot.attributes, state: fileState,
                upload: snapshot.upload)
            try await state.acknowledge(creating: record, extents: snapshot.map.encoded, in: snapshot.staged, changes)
        }
        file.withLockedState { $0.recorded = snapshot.revision }
    }

    /// The store has the snapshot: the journal forgets the file, or keeps what was recorded since. False when it still has an older state.
    func noteStored(_ file: OpenFile, _ snapshot: Snapshot) async -> Bool {
        let (known, id) = file.withLockedState { ($0.recorded, $0.record) }
        guard let recorded = known, let id else { return true }
        guard recorded.content > snapshot.revision.content || recorded.attributes > snapshot.revision.attributes else {
            return await removeRecord(of: file)
        }
        // The upload was for the state before.
        return (try? await acknowledge(file, .closed, [.uploadEnded(id)])) != nil
    }

    /// False when the journal could not be changed.
    @discardableResult func removeRecord(of file: OpenFile) async -> Bool {
        guard let change = file.withLockedState({ $0.forgetRecord() }), let state else { return true }
        do throws(StateError) {
            try await state.journal.commit([change])
            return true
        } catch {
            logger.warning("the next mount will look at \(describe(file.inode)) once more: \(error)")
            return false
        }
    }
}

extension OpenFile {
    /// Neither the store nor the journal has its present state.
    fileprivate var isUnrecorded: Bool {
        withLockedState { $0.revision != $0.stored && $0.revision != $0.recorded }
    }
}
