internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Staging

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
        guard file.withLockedState({ $0.revision != $0.stored && $0.revision != $0.recorded }) else { return }
        try await file.sending.run { () async throws(Errno) in try await acknowledge(file, .closed) }
    }

    /// `sending` is held, so that no older state of the file is on its way to the store. Bytes that only an upload holds make it end first.
    func acknowledge(_ file: OpenFile, _ fileState: FileState) async throws(Errno) {
        guard let snapshot = try await snapshot(file) else { return }
        guard !snapshot.map.isOnlyInPart(ByteRange(offset: 0, count: snapshot.map.size)) else { return try await commit(file) }
        try await onState { (state) async throws(StateError) in
            let id = file.withLockedState { open in
                let id = open.record ?? state.journal.newFileID()
                open.record = id
                return id
            }
            let record = FileRecord(
                id: id, key: snapshot.key, base: BaseVersion(snapshot.map.base), attributes: snapshot.attributes, state: fileState,
                upload: snapshot.upload)
            try await state.acknowledge(creating: record, extents: snapshot.map.encoded, in: snapshot.staged)
        }
        file.withLockedState { $0.recorded = snapshot.revision }
    }

    /// The store has the snapshot: the journal forgets the file, or keeps what was recorded since.
    func noteStored(_ file: OpenFile, _ snapshot: Snapshot) async {
        guard let recorded = file.withLockedState({ $0.recorded }) else { return }
        guard recorded.content > snapshot.revision.content || recorded.attributes > snapshot.revision.attributes else {
            return await removeRecord(of: file)
        }
        try? await acknowledge(file, .closed)
    }

    func removeRecord(of file: OpenFile) async {
        let id = file.withLockedState { state in
            defer { (state.record, state.recorded) = (nil, nil) }
            return state.record
        }
        guard let id, let state else { return }
        do throws(StateError) {
            try await state.journal.commit([.remove(id)])
        } catch {
            logger.warning("the next mount will look at \(describe(file.inode)) once more: \(error)")
        }
    }
}
