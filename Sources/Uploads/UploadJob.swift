package import Content
package import FileSystemTypes
package import ObjectStorage
package import Staging

/// What is to be stored: one state of one file.
package struct UploadJob: Sendable {
    /// Whose share of the transfers it takes.
    package var owner: TransferPool.Owner
    package var key: Key
    /// In bytes, of the whole file.
    package var size: Int64
    /// What the content began with; nil for a new file.
    package var base: ObjectVersion?
    package var condition: WriteCondition
    package var attributes: ObjectAttributes
    /// Where local bytes lie. They do not change until the job has ended.
    package var staged: StagedFile?
    /// The upload that is under way.
    package var upload: Upload?
    package var events: any UploadEvents

    package init(
        owner: TransferPool.Owner, key: Key, size: Int64, base: ObjectVersion?, condition: WriteCondition, attributes: ObjectAttributes,
        staged: StagedFile?, upload: Upload?, events: any UploadEvents
    ) {
        self.owner = owner
        self.key = key
        self.size = size
        self.base = base
        self.condition = condition
        self.attributes = attributes
        self.staged = staged
        self.upload = upload
        self.events = events
    }
}

/// Who has to know how an upload goes on, so that it can be resumed or aborted in another life.
package protocol UploadEvents: Sendable {
    /// An upload is about to be begun. Returns when it is recorded that there may be one of this key, whatever becomes of this process.
    func beginning(_ key: Key) async throws(StoreError) -> UploadNote
    /// Returns when it is recorded; nothing is sent for the upload before.
    func created(_ upload: Upload, _ note: UploadNote) async throws(StoreError)
    /// None was begun, unless `error` says that this is unknown.
    func failedToBegin(_ note: UploadNote, _ error: StoreError) async
    /// Sending its parts, or completing it, failed. True when another attempt will go on with it; otherwise it is aborted.
    func keeps(_ upload: Upload, after error: StoreError) async -> Bool
    func stored(_ part: UploadedPart, _ range: ByteRange) async
    /// The object has been made of it. What is recorded of the file stays until the object is known to be the file's.
    func completed(_ upload: Upload) async
    /// Aborted.
    func ended(_ upload: Upload) async
}

/// What is recorded of an upload that is being begun.
package enum UploadNote: Hashable, Sendable {
    /// The record of the file, which is about the same key.
    case record
    /// An intent of the journal.
    case intent(Int64)
}

/// What the store has after a job.
package struct StoredObject: Sendable {
    package var version: ObjectVersion
    package var lastModified: Timestamp?
    /// Where the next append goes; nil for an object that cannot grow.
    package var appendPosition: Int64?

    package init(version: ObjectVersion, lastModified: Timestamp? = nil, appendPosition: Int64? = nil) {
        self.version = version
        self.lastModified = lastModified
        self.appendPosition = appendPosition
    }
}

/// A job whose bytes are where one more request puts them into the object.
package struct PreparedUpload: Sendable {
    enum Step: Sendable {
        case keep
        case put(Body)
        case copyWhole(ObjectVersion)
        case append(position: Int64, Body)
        case complete(Upload, [UploadedPart])
        case inPlace([InPlaceStep])
    }

    let step: Step
    let attributes: AttributesStep
    let abandoned: Upload?

    /// The upload that has to be aborted if this is not finished.
    package var openUpload: Upload? {
        if case .complete(let upload, _) = step { upload } else { abandoned }
    }
}
