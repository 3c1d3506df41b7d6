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
            events: FileUploadEvents(file: file, volume: self, key: snapshot.key, attributes: attributes))
    }

    /// A file is stored only where its base still is, unless the user wants it otherwise.
    private func condition(_ base: ObjectVersion?) -> WriteCondition {
        guard options.onConflict != .overwrite else { return .always }
        guard let base else { return .absent }
        return base.etag.map { .matches($0) } ?? .always
    }

    func events(_ file: OpenFile, _ key: Key, _ attributes: ObjectAttributes) -> any UploadEvents {
        FileUploadEvents(file: file, volume: self, key: key, attributes: attributes)
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

    /// The same bytes under another name or ETag, for the file and whoever has it open.
    func replaceSource(_ old: ObjectVersion, with new: ObjectVersion, in file: OpenFile) {
        file.replaceSource(old, with: new)
        for handle in handles.withLock({ $0.handles(of: file) }) { handle.repin(from: old, to: new) }
    }
}

/// Records uploads in the journal: one that this process does not live to complete is resumed or aborted by the next.
struct FileUploadEvents: UploadEvents {
    let file: OpenFile
    let volume: Volume
    let key: Key
    let attributes: ObjectAttributes

    func created(_ upload: Upload) async throws(StoreError) {
        let earlier = file.withLockedState { state in
            defer { state.openUpload = upload }
            return state.openUpload
        }
        // One that could not be completed, or aborted: the journal names only the latest.
        if let earlier, earlier != upload { Task { [volume] in try? await volume.store.abortUpload(earlier) } }
        guard let journal = volume.state?.journal else { return }
        let (id, isKnown, base) = file.withLockedState { state in
            let known = state.record
            let id = known ?? journal.newFileID()
            state.record = id
            return (id, known != nil, state.map.base)
        }
        do throws(StateError) {
            guard !isKnown else { return try await journal.commit([.uploadCreated(id, upload)]) }
            let record = FileRecord(
                id: id, key: key, base: BaseVersion(base), attributes: attributes, state: .uploading, upload: upload)
            try await journal.commit([.put(record)])
        } catch {
            throw StoreError(.localFailure, error.message)
        }
    }

    func stored(_ part: UploadedPart, _ range: ByteRange) async {
        guard let journal = volume.state?.journal, let id = file.withLockedState({ $0.recorded == nil ? nil : $0.record }) else { return }
        // A part that is not recorded is sent once more after a crash: nothing is lost by it.
        try? await journal.commit([.partStored(id, JournaledPart(number: part.number, etag: part.etag, range: range))])
    }

    func completed(_ upload: Upload) async {
        forget(upload)
        // A recorded file's upload id is how the next mount would know that the object there is the file's.
        guard file.withLockedState({ $0.recorded == nil }) else { return }
        await ended(upload)
    }

    private func forget(_ upload: Upload) {
        file.withLockedState { if $0.openUpload == upload { $0.openUpload = nil } }
    }

    func ended(_ upload: Upload) async {
        forget(upload)
        guard let journal = volume.state?.journal else { return }
        let (id, isRecorded) = file.withLockedState { state in
            defer { if state.recorded == nil { state.record = nil } }
            return (state.record, state.recorded != nil)
        }
        guard let id else { return }
        // What stays recorded by mistake is found to be gone by the next mount.
        try? await journal.commit([isRecorded ? .uploadEnded(id) : .remove(id)])
    }
}

extension BaseVersion {
    init(_ version: ObjectVersion?) {
        self = version.map { .existing($0.etag, size: $0.size) } ?? .new
    }
}
