internal import Content
internal import FileSystemTypes
internal import ObjectStorage
internal import Staging
internal import Synchronization
internal import Uploads

/// Records the uploads of a file in the journal: one that this process does not live to complete is resumed or aborted by the next. An upload that
/// fails for a reason that may pass is kept, with the parts that it has, for the next attempt.
final class FileUploadEvents: UploadEvents {
    private let file: OpenFile
    private let volume: Volume
    private let key: Key
    private let attributes: ObjectAttributes
    /// Of the content that is being stored; nil for a file that is sent while it is being written.
    private let content: Int?
    /// What this job has sent.
    private let sent = Mutex<[(part: UploadedPart, range: ByteRange)]>([])

    init(_ file: OpenFile, in volume: Volume, _ key: Key, _ attributes: ObjectAttributes, content: Int? = nil) {
        self.file = file
        self.volume = volume
        self.key = key
        self.attributes = attributes
        self.content = content
    }

    private var journal: Journal? { volume.state?.journal }

    // MARK: The beginning

    func beginning(_ key: Key) async throws(StoreError) -> UploadNote {
        // The record of a file that is being stored is about this key: renaming waits for it.
        let isRecorded = file.withLockedState { $0.recorded != nil }
        guard let journal, content == nil || key != self.key || !isRecorded else { return .record }
        // One whose upload may or may not have been begun stands for the next attempt as well.
        if let open = file.withLockedState({ $0.openIntent }), open.key == key { return .intent(open.id) }
        let intent = OpenFile.UploadIntent(id: journal.newNoteID(), key: key, since: .now)
        try await recording([.putIntent(Intent(id: intent.id, action: .beginUpload(key, since: intent.since)))])
        file.withLockedState { $0.openIntent = intent }
        return .intent(intent.id)
    }

    func failedToBegin(_ note: UploadNote, _ error: StoreError) async {
        guard case .intent(let id) = note else { return }
        let isUncertain = file.withLockedState { state in
            let isUncertain = error.outcomeUnknown || state.openIntent?.isUncertain == true
            if isUncertain { state.openIntent?.isUncertain = true } else { state.openIntent = nil }
            return isUncertain
        }
        if !isUncertain { try? await journal?.commit([.removeIntent(id)]) }
    }

    func created(_ upload: Upload, _ note: UploadNote) async throws(StoreError) {
        let earlier = file.withLockedState { state in
            defer { state.openUpload = upload }
            if state.openUpload != upload { state.sent = 0 }
            return state.openUpload == upload ? nil : state.openUpload
        }
        guard let journal else { return }
        let record = file.withLockedState { state in
            let id = state.record ?? journal.newFileID()
            state.record = id
            return FileRecord(id: id, key: key, base: BaseVersion(state.map.base), attributes: attributes, state: .uploading, upload: upload)
        }
        // The journal names only the latest; one before that could be neither completed nor aborted is aborted some time.
        let unwanted = earlier.map { Intent(id: journal.newNoteID(), action: .abortUpload($0)) }
        let (closed, uncertain) = close(note)
        try await recording([.putUpload(record)] + (unwanted.map { [.putIntent($0)] } ?? []) + closed)
        if let unwanted { Task { [volume] in await volume.carryOut(unwanted) } }
        if let uncertain { await lookFor(uncertain, except: upload) }
    }

    /// What was intended has happened: the note goes, unless an attempt before has left something to look for.
    private func close(_ note: UploadNote) -> ([JournalChange], uncertain: OpenFile.UploadIntent?) {
        guard case .intent(let id) = note else { return ([], nil) }
        let intent = file.withLockedState { state in
            defer { state.openIntent = nil }
            return state.openIntent
        }
        guard let intent, intent.isUncertain else { return ([.removeIntent(id)], nil) }
        return ([], intent)
    }

    private func lookFor(_ intent: OpenFile.UploadIntent, except upload: Upload) async {
        let count = try? await volume.store.abortLostUploads(of: intent.key, begunSince: intent.since, except: [upload.id])
        // Otherwise the next mount looks.
        if count != nil { try? await journal?.commit([.removeIntent(intent.id)]) }
    }

    private func recording(_ changes: [JournalChange]) async throws(StoreError) {
        do throws(StateError) {
            try await journal?.commit(changes)
        } catch {
            throw StoreError(.localFailure, error.message)
        }
    }

    // MARK: On its way

    func stored(_ part: UploadedPart, _ range: ByteRange) async {
        sent.withLock { $0.append((part, range)) }
        file.withLockedState { $0.sent += range.count }
        guard let journal, let id = file.withLockedState({ $0.recorded == nil ? nil : $0.record }) else { return }
        // A part that is not recorded is sent once more after a crash: nothing is lost by it.
        try? await journal.commit([.partStored(id, JournaledPart(number: part.number, etag: part.etag, range: range))])
    }

    func keeps(_ upload: Upload, after error: StoreError) async -> Bool {
        guard !error.isFinal, upload.key == key else { return false }
        let sent = sent.withLock { $0 }
        return file.withLockedState { state in
            guard state.stream.upload == nil || state.stream.upload == upload else { return false }
            let isUnchanged = state.revision.content == content
            guard isUnchanged || state.stream.upload == upload else { return false }
            if isUnchanged {
                for (part, range) in sent where range.end <= state.map.size {
                    state.map.beginPart(part.number, range)
                    state.map.confirmPart(part.number, range, etag: part.etag)
                }
            }
            if state.stream.upload == nil { (state.stream.upload, state.stream.attributes) = (upload, attributes) }
            state.stream.hasFailed = true
            return true
        }
    }

    // MARK: The end

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
        guard let journal, let id = file.withLockedState({ $0.record }) else { return }
        // What stays recorded by mistake is found to be gone by the next mount.
        try? await journal.commit([.uploadEnded(id)])
    }
}

extension BaseVersion {
    init(_ version: ObjectVersion?) {
        self = version.map { .existing($0.etag, size: $0.size) } ?? .new
    }
}
