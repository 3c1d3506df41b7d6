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

/// What is known of one inode.
struct Node: Sendable {
    /// Nil for the top of the mount.
    var parent: Inode?
    var name: FileName?
    var attributes: Attributes
    /// Nil for folders, and for files that the store does not have yet.
    var remote: RemoteVersion?
    /// All user metadata of the object or marker, so that what is not ours survives a rewrite.
    var metadata: [String: String] = [:]
    var contentType: String?
    var headers: [KeptHeader: String] = [:]
    /// The user's, and access control lists.
    var extendedAttributes = ExtendedAttributes()
    /// What a symbolic link leads to, once it has been asked.
    var linkTarget: [UInt8]?
    /// What else HEAD said of the object.
    var storageClass: String?
    var version: VersionID?
    /// When names were last added to or removed from this folder here: its marker does not say so.
    var touched: Timestamp?
    /// One change of a folder's marker at a time.
    var markerGate: SerialGate?
    /// Where the next append to the object goes, if it can grow.
    var appendPosition: Int64?
    /// For folders: there is a key for the folder itself.
    var hasMarker = false
    /// Its attributes were changed here, and the store does not have them yet.
    var isMarkerPending = false
    /// That key has content: it is a file in the folder, too, and is not to be overwritten.
    var markerContent: RemoteVersion?
    /// Until then the store need not be asked again.
    var validUntil: ContinuousClock.Instant?
    /// The version whose pages the kernel may have.
    var lastOpened: RemoteVersion?
    /// How many times the kernel has been given this inode and has not forgotten it.
    var references: UInt64 = 0
    /// Nodes whose parent this is.
    var children = 0
    /// The name is gone; the inode lives on while it is open or referenced.
    var isUnlinked = false
    var file: OpenFile?
    /// How often it was stored from here: what was asked before then is out of date.
    var stores = 0
    /// How often names were added to or removed from this folder here.
    var changes = 0
    /// How often something in this folder was stored from here.
    var storesBelow = 0

    init(attributes: Attributes) {
        self.attributes = attributes
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
