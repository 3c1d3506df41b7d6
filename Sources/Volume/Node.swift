internal import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata

/// The version of an object that a file's bytes come from.
struct RemoteVersion: Hashable, Sendable {
    /// Nil where the store names none: then reads cannot be pinned to it.
    var etag: ETag?
    /// In bytes.
    var size: Int64
}

/// What is known of one inode. There may be very many: what few of them have is out of line.
struct Node: Sendable {
    /// Nil for the top of the mount.
    var parent: Inode?
    var name: FileName?
    var attributes: Attributes
    /// Nil for folders, and for files that the store does not have yet.
    var remote: RemoteVersion?
    private var objectOutOfLine: Indirect<ObjectDescription>?
    private var folderOutOfLine: Indirect<FolderState>?
    private var lastOpenedOutOfLine: Indirect<RemoteVersion>?
    /// Until then the store need not be asked again.
    var validUntil: ContinuousClock.Instant?
    /// How many times the kernel has been given this inode and has not forgotten it.
    var references: UInt64 = 0
    /// Nodes whose parent this is.
    var children = 0
    /// The name is gone; the inode lives on while it is open or referenced.
    var isUnlinked = false
    var file: OpenFile?
    /// How often it was stored from here: what was asked before then is out of date.
    var stores = 0

    init(attributes: Attributes) {
        self.attributes = attributes
    }

    /// What the object has besides bytes and attributes.
    var object: ObjectDescription {
        get { objectOutOfLine?.value ?? ObjectDescription() }
        set { objectOutOfLine = newValue == ObjectDescription() ? nil : Indirect(newValue) }
    }

    /// What is known of a folder.
    var folder: FolderState {
        get { folderOutOfLine?.value ?? FolderState() }
        set { folderOutOfLine = Indirect(newValue) }
    }

    /// The version whose pages the kernel may have.
    var lastOpened: RemoteVersion? {
        get { lastOpenedOutOfLine?.value }
        set { if newValue != lastOpened { lastOpenedOutOfLine = newValue.map { Indirect($0) } } }
    }

    var kind: FileKind { attributes.kind }

    /// Only this mount knows the file's present state.
    var isLocal: Bool { isMarkerPending || file?.isChanged ?? false }

    func isFresh(_ now: ContinuousClock.Instant) -> Bool {
        isUnlinked || isLocal || validUntil.map { now < $0 } ?? false
    }

    /// How long what is known may be believed from now on, at most `ttl`.
    func belief(at now: ContinuousClock.Instant, _ ttl: Duration) -> Duration {
        guard !isUnlinked, !isLocal, let validUntil else { return ttl }
        return min(ttl, max(.zero, validUntil - now))
    }

    /// What stat shows now: an open file may have grown since.
    var currentAttributes: Attributes {
        var result = attributes
        if let local = file?.localAttributes {
            result.size = local.size
            result.modified = local.modified
            result.changed = max(local.changed, result.changed)
        }
        if isUnlinked { result.linkCount = 0 }
        return result
    }
}
