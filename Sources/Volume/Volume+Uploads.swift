internal import Content
internal import FileSystemTypes
internal import ObjectStorage
internal import Staging
internal import Synchronization
internal import Uploads

/// What the uploads of a file need to know, and who is told how they go on.
extension Volume {
    func job(for file: OpenFile, _ snapshot: Snapshot, _ attributes: ObjectAttributes) -> UploadJob {
        UploadJob(
            owner: file.owner, key: snapshot.key, size: snapshot.map.size, base: snapshot.map.base, condition: condition(snapshot.map.base),
            attributes: attributes, staged: snapshot.staged, upload: snapshot.upload,
            events: FileUploadEvents(file, in: self, snapshot.key, attributes, content: snapshot.revision.content))
    }

    /// A file is stored only where its base still is, unless the user wants it otherwise.
    private func condition(_ base: ObjectVersion?) -> WriteCondition {
        guard options.onConflict != .overwrite else { return .always }
        guard let base else { return .absent }
        return base.etag.map { .matches($0) } ?? .always
    }

    func events(_ file: OpenFile, _ key: Key, _ attributes: ObjectAttributes) -> any UploadEvents {
        FileUploadEvents(file, in: self, key, attributes)
    }

    /// The upload that was begun while the file was being written is of no use. Fails when it has the only copy of some bytes.
    func abandonStream(of file: OpenFile) async throws(StoreError) {
        let outcome = file.withLockedState { state -> Result<Upload?, BytesOnlyInPart> in
            do throws(BytesOnlyInPart) {
                try state.map.forgetParts()
            } catch {
                return .failure(error)
            }
            defer {
                let isPaused = state.stream.isPaused
                state.stream = UploadStream()
                state.stream.isPaused = isPaused
                state.stream.hasFailed = true
            }
            return .success(state.stream.upload)
        }
        switch outcome {
        case .success(let upload): if let upload { await abandon(upload, of: file) }
        case .failure(let error): throw StoreError(.localFailure, "\(describe(file.inode)): \(error)")
        }
    }

    func abandon(_ upload: Upload, of file: OpenFile) async {
        await runner.abandon(upload, telling: events(file, upload.key, ObjectAttributes()))
    }

    /// Aborts an upload that the journal says is unwanted; where that fails, the next mount tries again.
    func carryOut(_ intent: Intent) async {
        guard case .abortUpload(let upload) = intent.action, (try? await store.abortUpload(upload)) != nil else { return }
        try? await state?.journal.commit([.removeIntent(intent.id)])
    }

    /// The same bytes under another name or ETag, for the file and whoever has it open.
    func replaceSource(_ old: ObjectVersion, with new: ObjectVersion, in file: OpenFile) {
        file.replaceSource(old, with: new)
        for handle in handles.withLock({ $0.handles(of: file) }) { handle.repin(from: old, to: new) }
    }
}
