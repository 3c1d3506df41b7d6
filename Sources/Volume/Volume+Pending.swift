internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Staging
internal import Synchronization

/// Files that are closed and not yet in the store.
extension Volume {
    /// Stores a file that waits for it.
    func upload(_ file: OpenFile) async throws(Errno) {
        try await file.sending.runUncancelled { () async throws(Errno) in try await commit(file) }
    }

    /// Another attempt later: the store may be reached again. What it refused for good is kept aside instead.
    func isWorthRetrying(_ file: OpenFile) async -> Bool {
        guard let failure = file.withLockedState({ $0.failure }), failure.isFinal else { return true }
        await setAside(file)
        return false
    }

    /// Nobody uses the file any more: only the store knows it from now on.
    func dropIfIdle(_ file: OpenFile) {
        tree.withLock { tree in
            // Somebody may have opened it again while it was being stored.
            guard !file.isOpen, !file.isChanged else { return }
            _ = tree.update(file.inode) { node in
                if node.file === file { node.file = nil }
            }
            tree.dropIfUnused(file.inode)
        }
    }

    /// What could not be stored stays on the local disk and in the journal, for `windlass recover`; the store's version is shown again.
    func setAside(_ file: OpenFile) async {
        try? await file.sending.runUncancelled { () async throws(Errno) in await keepAside(file) }
    }

    private func keepAside(_ file: OpenFile) async {
        let name = describe(file.inode)
        let fileState = await reasonToKeep(file)
        do throws(Errno) {
            guard file.hasNewContent else {
                logger.error("\(name): its new attributes could not be stored and are lost")
                return await discard(file, keepingRecord: false)
            }
            if let id = file.withLockedState({ $0.recorded == $0.revision ? $0.record : nil }) {
                // The bytes are on the disk; damaged ones can be brought there no more.
                try await onState { (state) async throws(StateError) in try await state.journal.commit([.state(id, fileState)]) }
            } else {
                try await acknowledge(file, fileState)
            }
            logger.error("\(name) could not be stored; what was written is kept: see `windlass recover --list`")
        } catch {
            logger.error("\(name) could not be stored, and could not be kept on the local disk either (\(error)): its last changes are lost")
        }
        await discard(file, keepingRecord: true)
    }

    private func reasonToKeep(_ file: OpenFile) async -> FileState {
        let failure = file.withLockedState { $0.failure }
        guard failure?.isConflict == true else {
            return .failed(failure?.description ?? "it could not be stored")
        }
        let key = tree.withLock { $0.path(of: file.inode) }.map { keys.file($0) }
        guard let key, let info = try? await store.head(key, ReadConditions()) else { return .conflict(found: nil) }
        return .conflict(found: info.etag)
    }

    /// The store's version is shown again; unless somebody has opened the file meanwhile, and may have written to it.
    private func discard(_ file: OpenFile, keepingRecord: Bool) async {
        let left = tree.withLock { tree -> (staged: StagedFile?, record: JournalChange?)? in
            guard !file.isOpen else { return nil }
            tree.noteStored(file.inode)
            _ = tree.update(file.inode) { $0.validUntil = nil }
            if tree[file.inode]?.remote == nil { tree.unlink(file.inode) }
            return file.withLockedState { state in
                defer {
                    state.stored = state.revision
                    (state.record, state.recorded) = (nil, nil)
                    state.map = ExtentMap(base: state.map.base)
                    state.staged = nil
                }
                return (state.staged, state.recorded == nil ? nil : state.forgetRecord())
            }
        }
        guard let left else { return }
        if keepingRecord && left.record != nil { return left.staged?.park() ?? () }
        if let record = left.record { try? await state?.journal.commit([record]) }
        try? left.staged?.remove()
    }
}

extension StoreError {
    /// Somebody else has changed, or removed, the object that a change is based on.
    var isConflict: Bool {
        reason == .preconditionFailed || reason == .wrongPosition || reason == .noSuchKey
    }

    /// Another attempt would end in the same way.
    var isFinal: Bool {
        switch reason {
        case .unavailable, .unreachable, .timedOut, .throttled, .cancelled, .conflict, .corrupted, .invalidResponse, .clockSkew, .badCredentials,
            .accessDenied, .quotaExceeded, .storageFull, .localFailure:
            false
        default: true
        }
    }
}
