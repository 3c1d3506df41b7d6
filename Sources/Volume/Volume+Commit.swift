internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Staging
internal import Synchronization
internal import Uploads

/// Bringing changed files to the store.
extension Volume {
    /// Returns when the store has the file's content and attributes; at once when it has them already.
    func publish(_ file: OpenFile) async throws(Errno) {
        guard file.isChanged else { return }
        try await file.sending.run { () async throws(Errno) in try await commit(file) }
    }

    /// Stores what is new; nothing when the file's name is gone. `sending` is held.
    func commit(_ file: OpenFile) async throws(Errno) {
        guard file.isChanged else { return }
        await pauseStream(file)
        defer { resumeStream(file) }
        for _ in 0..<Self.commitAttempts where file.isChanged {
            guard let snapshot = try await snapshot(file) else { return await forget(file) }
            if let base = snapshot.map.base { try await keepReadable(base, of: file, isDeleted: false) }
            try await recordAgain(snapshot, of: file)
            do throws(StoreError) {
                guard let (stored, attributes) = try await send(snapshot, of: file) else { continue }
                let left = try? await file.gate.runUncancelled { () async throws(Errno) in settle(file, snapshot, stored, attributes) }
                // Only now: until here the journal may refer to those bytes.
                if await noteStored(file, snapshot), let left { release(left.unused, of: left.staged) }
                return
            } catch {
                if try await recover(from: error, snapshot, of: file) { continue }
                file.withLockedState { $0.failure = error }
                logger.error("\(error)")
                throw error.isConflict ? .stale : error.errno
            }
        }
        guard file.isChanged else { return }
        logger.error("\(describe(file.inode)) is renamed or appended to by others all the time, and could not be stored")
        throw Errno.busy
    }

    private static var commitAttempts: Int { 100 }

    /// Nil when the name is gone. Writes that come later go elsewhere in the staging file.
    func snapshot(_ file: OpenFile) async throws(Errno) -> Snapshot? {
        try await file.gate.run { () async throws(Errno) -> Snapshot? in
            guard let path = tree.withLock({ $0.path(of: file.inode) }) else { return nil }
            let (key, grows) = (keys.file(path), grows(file))
            return tree.withLock { tree in
                guard let node = tree[file.inode] else { return nil }
                let (full, streamed) = (node.storedAttributes(options), node.streamedAttributes(options))
                return file.withLockedState { $0.snapshot(key, full, streamed, grows: grows, stored: node.metadata) }
            }
        }
    }

    /// Nil when the file got another name meanwhile.
    private func send(_ snapshot: Snapshot, of file: OpenFile) async throws(StoreError) -> (StoredObject, ObjectAttributes)? {
        if let upload = snapshot.upload, upload.key != snapshot.key {
            try await abandonStream(of: file)
            return nil
        }
        guard try await knowsBase(snapshot, file) else { return nil }
        let plan = try plan(snapshot.map, snapshot.situation, at: snapshot.key, appendable: snapshot.wantsAppendable)
        let attributes = plan.resumesStream || plan.appends ? snapshot.streamedAttributes : snapshot.attributes
        let job = job(for: file, snapshot, attributes)
        let prepared = try await runner.prepare(plan, job)
        guard var stored = try await finishing(prepared, job, of: file) else {
            if let upload = prepared.openUpload { await runner.abandon(upload, job) }
            try await abandonStream(of: file)
            return nil
        }
        if plan.resumesStream, stored.lastModified == nil {
            let key = snapshot.key
            stored.lastModified = try await uncancelled { [store] () async throws(StoreError) in
                try await store.head(key, ReadConditions()).lastModified
            }
        }
        return (stored, attributes)
    }

    func plan(_ map: ExtentMap, _ situation: UploadSituation, at key: Key, appendable: Bool) throws(StoreError) -> UploadPlan {
        var planOptions = PlanOptions()
        planOptions.partSize = options.partSize
        planOptions.largestBody = 2 * options.partSize
        planOptions.createsAppendable = appendable
        let planner = Planner(limits: store.limits, capabilities: capabilities, options: planOptions)
        do throws(PlanError) {
            return try planner.plan(map, situation)
        } catch {
            guard case .tooLarge = error else { throw StoreError(.localFailure, "\(key): \(error)") }
            throw StoreError(.tooLarge, "\(key): \(error)")
        }
    }

    /// As `finish`. An upload that can not be completed is given up, unless another attempt will complete it.
    private func finishing(_ prepared: PreparedUpload, _ job: UploadJob, of file: OpenFile) async throws(StoreError) -> StoredObject? {
        do throws(StoreError) {
            return try await finish(prepared, job, of: file)
        } catch {
            guard let upload = prepared.openUpload, await !job.events.keeps(upload, after: error) else { throw error }
            if file.withLockedState({ $0.stream.upload }) == upload {
                // Bytes that only its parts have keep it alive.
                try? await abandonStream(of: file)
            } else {
                await runner.abandon(upload, job)
            }
            throw error
        }
    }

    /// The last request, as long as the file has the name it is for; nil when it has not.
    private func finish(_ prepared: PreparedUpload, _ job: UploadJob, of file: OpenFile) async throws(StoreError) -> StoredObject? {
        await names.enter(alone: false)
        defer { names.leave() }
        guard let path = tree.withLock({ $0.path(of: file.inode) }), keys.file(path) == job.key else { return nil }
        // A program that is interrupted or killed now must not leave us in doubt of what the store has.
        return try await uncancelled { [runner] () async throws(StoreError) in try await runner.finish(prepared, job) }
    }

    /// Runs `body` to its end also when the program that waits for it is interrupted; at the end of the mount it is called off all the same.
    private func uncancelled<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let task = Task { await settledRequest(body) }
        let outcome = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            if queue.isDraining { task.cancel() }
        }
        return try outcome.get()
    }

    /// An append tells no ETag: whoever needs it for anything but the next append has to ask. False when the map has changed with the answer.
    private func knowsBase(_ snapshot: Snapshot, _ file: OpenFile) async throws(StoreError) -> Bool {
        guard let base = snapshot.map.base, base.etag == nil, snapshot.situation.appendPosition != base.size else { return true }
        let info = try await store.head(base.key, ReadConditions())
        guard info.size == base.size else { throw StoreError(.preconditionFailed, "\(base.key) was changed by somebody else") }
        guard info.etag != nil else { return true }
        replaceSource(base, with: ObjectVersion(key: base.key, info: info), in: file)
        return false
    }

    // MARK: Afterwards

    /// The store has what the snapshot says: gives what of staging is not needed any more. The gate is held: nobody is in the middle of a write.
    private func settle(
        _ file: OpenFile, _ snapshot: Snapshot, _ stored: StoredObject, _ attributes: ObjectAttributes
    ) -> (unused: OpenFile.Unused, staged: StagedFile?) {
        let version = stored.version
        forgetMetadata(of: version.key)
        let left = tree.withLock { tree in
            _ = tree.update(file.inode) { node in
                node.attributes = node.currentAttributes
                if attributes.metadata["mtime"] == nil, let time = stored.lastModified, !snapshot.hasExplicitTimes {
                    (node.attributes.modified, node.attributes.changed) = (time, time)
                }
                node.metadata = attributes.metadata
                node.remote = RemoteVersion(etag: version.etag, size: version.size)
                node.lastOpened = node.remote
                node.version = version.version
                node.appendPosition = stored.appendPosition
                node.stores += 1
                node.validUntil = .now + options.metadataTTL
            }
            tree.noteStored(file.inode)
            return file.withLockedState { $0.settle(snapshot, stored) }
        }
        for handle in handles.withLock({ $0.handles(of: file) }) { handle.repin(from: snapshot.map.base, to: version) }
        return left
    }

    /// Gives staging space back that nothing refers to any more.
    private func release(_ unused: OpenFile.Unused, of staged: StagedFile?) {
        guard let staged else { return }
        do throws(StateError) {
            switch unused {
            case .all: try staged.remove()
            case .ranges(let ranges): for range in ranges { try staged.release(range) }
            }
        } catch {
            logger.warning("staging space is given back only when the mount starts again: \(error)")
        }
    }

    /// The name is gone: nothing is to be stored, and whoever has the file open still sees it.
    private func forget(_ file: OpenFile) async {
        await dropStream(file)
        file.withLockedState { $0.stored = $0.revision }
        await removeRecord(of: file)
    }
}

extension UploadPlan {
    /// Adds to an object, or makes one that can grow: its time is that of its last append.
    var appends: Bool {
        if case .append = content { true } else { false }
    }

    /// Goes on with the upload that was begun while the file was being written, and with its attributes.
    var resumesStream: Bool {
        if case .multipart(let list) = content { list.resumes && attributes == .carried } else { false }
    }
}
