internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Staging
internal import Synchronization
internal import Uploads

/// What is done when the store has something else than a file is based on.
extension Volume {
    /// True when another attempt makes sense: something has changed about the file or its base. `sending` is held.
    func recover(from error: StoreError, _ snapshot: Snapshot, of file: OpenFile) async throws(Errno) -> Bool {
        // A rename has come between: what was being stored is about names and objects of before.
        if file.base != snapshot.map.base || tree.withLock({ $0.path(of: file.inode) }).map({ keys.file($0) }) != snapshot.key { return true }
        switch error.reason {
        case .noSuchUpload, .invalidPart:
            guard snapshot.upload != nil else { return false }
            return (try? await abandonStream(of: file)) != nil
        case .notAppendable:
            let mayCompact = file.withLockedState { state in
                defer { state.isCompacted = true }
                return !state.isCompacted && store.capabilities.append?.anyObject == true
            }
            if mayCompact, await compact(snapshot, file) { return true }
            // It has grown as often as the store allows, or is no such object any more: the tail goes in a part of its own.
            return file.withLockedState { state in
                defer { (state.appendPosition, state.wantsAppendable) = (nil, false) }
                return state.appendPosition != nil || state.wantsAppendable
            }
        case _ where error.isConflict:
            if !file.hasNewContent { return await followContent(snapshot, file) }
            if options.sharesAppends, await followOthers(snapshot, file) { return true }
            guard options.onConflict == .keepBoth else { return false }
            await keepBoth(snapshot, of: file)
            return !file.isChanged
        default: return false
        }
    }

    /// Others have changed the content, and here only attributes were: they are for whatever is there now.
    private func followContent(_ snapshot: Snapshot, _ file: OpenFile) async -> Bool {
        guard let info = try? await store.head(snapshot.key, ReadConditions()), info.etag != snapshot.map.base?.etag else { return false }
        let version = ObjectVersion(key: snapshot.key, info: info)
        tree.withLock { tree in
            _ = tree.update(file.inode) { node in
                (node.metadata, node.contentType, node.headers) = (info.metadata, info.contentType, info.headers)
                (node.remote, node.attributes.size) = (RemoteVersion(etag: info.etag, size: info.size), info.size)
            }
            file.withLockedState { state in
                if state.revision.content == state.stored.content { state.map = ExtentMap(base: version) }
            }
        }
        return true
    }

    /// Others have appended: what was added here goes behind theirs.
    private func followOthers(_ snapshot: Snapshot, _ file: OpenFile) async -> Bool {
        let baseSize = snapshot.map.base?.size ?? 0
        guard let info = try? await store.head(snapshot.key, ReadConditions()), info.size >= baseSize else { return false }
        let version = ObjectVersion(key: snapshot.key, info: info)
        return file.withLockedState { state in
            guard let moved = state.map.movingTail(from: baseSize, onto: version) else { return false }
            state.map = moved
            state.appendPosition = info.appendPosition
            return true
        }
    }

    /// The local version goes beside the store's, under a name of its own, and is told of in the log and the status.
    private func keepBoth(_ snapshot: Snapshot, of file: OpenFile) async {
        let copy = snapshot.key.besideForConflict
        do throws(StoreError) {
            let found = try? await store.head(snapshot.key, ReadConditions()).etag
            try await storeCopy(snapshot, of: file, at: copy)
            logger.warning("\(snapshot.key) was changed by somebody else; what was written here is now \(copy)")
            file.withLockedState { $0.stored = $0.revision }
            if let state {
                let note = ConflictCopy(id: state.journal.newNoteID(), key: snapshot.key, copy: copy, found: found, moment: .now)
                try? await state.journal.commit([.putConflictCopy(note)])
            }
            try? await abandonStream(of: file)
            await removeRecord(of: file)
            tree.withLock { tree in
                _ = tree.update(file.inode) { $0.validUntil = nil }
            }
        } catch {
            logger.error("\(snapshot.key) was changed by somebody else, and what was written here could not be stored as \(copy): \(error)")
        }
    }

    private func storeCopy(_ snapshot: Snapshot, of file: OpenFile, at copy: Key) async throws(StoreError) {
        var job = job(for: file, snapshot, snapshot.attributes)
        job.key = copy
        job.upload = nil
        job.condition = .absent
        var map = snapshot.map
        do throws(BytesOnlyInPart) {
            try map.forgetParts()
        } catch {
            throw StoreError(.localFailure, "\(error)")
        }
        let plan = try plan(map.withoutBase, UploadSituation(), at: copy, appendable: false)
        _ = try await runner.finish(try await runner.prepare(plan, job), job)
    }
}
