package import ObjectStorage

/// One change of the journal. `Journal.commit` makes several of them together: all or none survive.
package enum JournalChange: Sendable {
    /// A new record, or all of an existing one but its content and parts. An upload that the record has stays, unless another is named: it
    /// may have begun since the file was looked at.
    case put(FileRecord)
    /// The multipart upload that the record names has been created: the record is new, or of an existing one only the upload changes.
    case putUpload(FileRecord)
    /// What is acknowledged of the file from now on, in place of what was before; parts that were stored since then are forgotten. `seal` covers
    /// the local bytes; nil when `extents` has none.
    case acknowledge(FileID, extents: [UInt8], seal: StagingSeal?)
    case state(FileID, FileState)
    case attributes(FileID, ObjectAttributes)
    /// Renamed before it was uploaded, or based on another version from now on.
    case key(FileID, Key, BaseVersion)
    /// A multipart upload has been created; parts of an earlier one are forgotten.
    case uploadCreated(FileID, Upload)
    /// The store has a part: a new one, or one that replaces another of its number.
    case partStored(FileID, JournaledPart)
    /// The upload was completed or aborted: its id and parts are forgotten, and a record that was about nothing else.
    case uploadEnded(FileID)
    /// The acknowledged content is in the store. The record stays, for a file that is still open.
    case stored(FileID, BaseVersion)
    /// The file has no unsent changes any more.
    case remove(FileID)
    /// The same, but a record that names an upload stays until the upload has ended.
    case dropContent(FileID)
    /// A new intent, or how far an existing one has come.
    case putIntent(Intent)
    /// With the copies that were noted for it.
    case removeIntent(Int64)
    case putMovedCopy(MovedCopy)
    /// What the acknowledged content refers to has other names now; the local bytes stay as they are.
    case extents(FileID, [UInt8])
    case putConflictCopy(ConflictCopy)
    case removeConflictCopy(Int64)
}
