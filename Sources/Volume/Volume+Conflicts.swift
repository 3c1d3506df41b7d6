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
        case .wrongPosition: return options.sharesAppends ? await followOthers(snapshot, file) : false
        case .preconditionFailed where options.onConflict == .keepBoth:
            await keepBoth(snapshot, of: file)
            return file.isChanged == false
        default: return false
        }
    }

    /// Others have appended: what was added here goes behind theirs.
    private func followOthers(_ snapshot: Snapshot, _ file: OpenFile) async -> Bool {
        let baseSize = snapshot.map.base?.size ?? 0
        guard let info = try? await store.head(snapshot.key, ReadConditions()), info.size >= baseSize, let position = info.appendPosition
        else { return false }
        let version = ObjectVersion(key: snapshot.key, info: info)
        return file.withLockedState { state in
            guard let moved = state.map.movingTail(from: baseSize, onto: version) else { return false }
            state.map = moved
            state.appendPosition = position
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
