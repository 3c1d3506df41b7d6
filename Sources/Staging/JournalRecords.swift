package import FileSystemTypes
package import ObjectStorage

/// The journal's name for a file with unsent changes. A mount uses none twice; a later mount may, once the journal has forgotten it.
package struct FileID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int64

    package init(_ number: Int64) {
        self.number = number
    }

    package static func < (left: FileID, right: FileID) -> Bool { left.number < right.number }

    package var description: String { String(number) }
}

/// What the store had of a file when its changes began; the upload is made under the condition that it still has that.
package enum BaseVersion: Hashable, Sendable {
    /// Nothing.
    case new
    /// `size` in bytes.
    case existing(ETag?, size: Int64)
}

/// How far a file with unsent changes has come.
package enum FileState: Hashable, Sendable {
    /// Open and being changed. Content that was acknowledged before stays in the journal until newer content is.
    case writing
    /// Acknowledged, and waiting for its upload.
    case closed
    case uploading
    /// The store has another version than the one the changes are based on: what it has now.
    case conflict(found: ETag?)
    /// The store refused it for good; why.
    case failed(String)
}

/// A file with unsent changes.
package struct FileRecord: Hashable, Sendable {
    package let id: FileID
    package var key: Key
    package var base: BaseVersion
    /// What is to be stored with the bytes: POSIX metadata and content type.
    package var attributes: ObjectAttributes
    package var state: FileState
    /// The multipart upload that is under way. Its key differs from `key` when the file was renamed since.
    package var upload: Upload?
    /// When the first of the changes was made; recovery keeps their order.
    package var began: Timestamp

    package init(
        id: FileID, key: Key, base: BaseVersion, attributes: ObjectAttributes = ObjectAttributes(), state: FileState = .writing,
        upload: Upload? = nil,
        began: Timestamp = .now
    ) {
        self.id = id
        self.key = key
        self.base = base
        self.attributes = attributes
        self.state = state
        self.upload = upload
        self.began = began
    }
}

/// The content of a file that has been acknowledged.
package struct AcknowledgedContent: Hashable, Sendable {
    /// The extent map, in an encoding that the journal does not look into.
    package var extents: [UInt8]
    /// The staging file that local extents point into, and how many of its bytes they may; nil when none do.
    package var staging: StagingExtent?
}

/// The sealed part of a staging file.
package struct StagingExtent: Hashable, Sendable {
    package let file: String
    package let length: Int64
}

/// A part of a multipart upload that the store has.
package struct JournaledPart: Hashable, Sendable {
    /// 1 to 10,000.
    package let number: Int
    package let etag: ETag
    /// The bytes of the user's file that it holds.
    package let range: ByteRange
    /// Its checksum as the store was told it, in the form in which the completion has to repeat it.
    package let checksum: String?

    package init(number: Int, etag: ETag, range: ByteRange, checksum: String? = nil) {
        self.number = number
        self.etag = etag
        self.range = range
        self.checksum = checksum
    }
}

/// What takes several requests, or has to be cleared away: recorded before the first of them, so that the next start can finish it.
package struct Intent: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        /// `cursor` is how the rename is made and how far it has come, in an encoding that the journal does not look into.
        case rename(from: Key, to: Key, base: ETag?, cursor: [UInt8])
        case delete(Key, base: ETag?)
        /// An upload of this key is about to be begun: there may be one whose id was not recorded. `since` is of this machine's clock.
        case beginUpload(Key, since: Timestamp)
        /// An upload that is of no use any more, or holds what another life has to begin anew.
        case abortUpload(Upload)
        /// The attributes of a folder, which the store does not have yet.
        case setAttributes(Key, ObjectAttributes)
    }

    package let id: Int64
    package var action: Action

    package init(id: Int64, action: Action) {
        self.id = id
        self.action = action
    }
}

/// A copy that a rename has made, and that its store calls by another ETag than what it is a copy of.
package struct MovedCopy: Hashable, Sendable {
    /// The id of the intent that it was made for; it is forgotten with that.
    package let intent: Int64
    /// Where the copy is.
    package let key: Key
    package let source: ETag?
    package let copy: ETag?

    package init(intent: Int64, key: Key, source: ETag?, copy: ETag?) {
        self.intent = intent
        self.key = key
        self.source = source
        self.copy = copy
    }
}

/// A version that was stored beside another instead of replacing it (`--on-conflict=keep-both`), for `windlass status` to tell.
package struct ConflictCopy: Hashable, Sendable {
    package let id: Int64
    package let key: Key
    /// Where the local version went.
    package let copy: Key
    /// What stood at `key`.
    package let found: ETag?
    package let moment: Timestamp

    package init(id: Int64, key: Key, copy: Key, found: ETag?, moment: Timestamp) {
        self.id = id
        self.key = key
        self.copy = copy
        self.found = found
        self.moment = moment
    }
}

/// How many files of each kind the journal has, for `windlass status`.
package struct JournalCounts: Hashable, Sendable {
    package var writing = 0
    /// Acknowledged and not yet being uploaded.
    package var closed = 0
    package var uploading = 0
    package var conflicts = 0
    package var failed = 0
    /// Renames under way.
    package var moves = 0
    /// Deletions that the store has not been told of.
    package var deletions = 0
    package var conflictCopies = 0
    /// Bytes in sealed staging files, before what has been released of them.
    package var stagedBytes: Int64 = 0
}
