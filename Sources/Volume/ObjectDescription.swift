internal import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata

/// What an object has besides bytes and attributes: a node keeps it out of line.
struct ObjectDescription: Hashable, Sendable {
    /// All user metadata of the object or marker, so that what is not ours survives a rewrite.
    var metadata = PackedMetadata()
    var contentType: String?
    var headers: [KeptHeader: String] = [:]
    /// The user's, and access control lists.
    var extendedAttributes = ExtendedAttributes()
    /// What a symbolic link leads to, once it has been asked.
    var linkTarget: [UInt8]?
    /// What else HEAD said of the object.
    var storageClass: String?
    var version: VersionID?
    /// Where the next append to the object goes, if it can grow.
    var appendPosition: Int64?
}

/// What is known of a folder besides its marker's attributes.
struct FolderState: Sendable {
    /// When names were last added to or removed from it here: its marker does not say so.
    var touched: Timestamp?
    /// One change of its marker at a time.
    var markerGate: SerialGate?
    /// There is a key for the folder itself.
    var hasMarker = false
    /// Its attributes were changed here, and the store does not have them yet.
    var isMarkerPending = false
    /// That key has content: it is a file in the folder, too, and is not to be overwritten.
    var markerContent: RemoteVersion?
    /// How often names were added to or removed from it here.
    var changes = 0
    /// How often something in it was stored from here.
    var storesBelow = 0
}

extension Node {
    var metadata: [String: String] {
        get { object.metadata.unpacked }
        set { object.metadata = PackedMetadata(newValue) }
    }

    var contentType: String? {
        get { object.contentType }
        set { object.contentType = newValue }
    }

    var headers: [KeptHeader: String] {
        get { object.headers }
        set { object.headers = newValue }
    }

    var extendedAttributes: ExtendedAttributes {
        get { object.extendedAttributes }
        set { object.extendedAttributes = newValue }
    }

    var linkTarget: [UInt8]? {
        get { object.linkTarget }
        set { object.linkTarget = newValue }
    }

    var storageClass: String? {
        get { object.storageClass }
        set { object.storageClass = newValue }
    }

    var version: VersionID? {
        get { object.version }
        set { object.version = newValue }
    }

    var appendPosition: Int64? {
        get { object.appendPosition }
        set { object.appendPosition = newValue }
    }

    var touched: Timestamp? {
        get { folder.touched }
        set { if newValue != folder.touched { folder.touched = newValue } }
    }

    var markerGate: SerialGate? {
        get { folder.markerGate }
        set { folder.markerGate = newValue }
    }

    var hasMarker: Bool {
        get { folder.hasMarker }
        set { folder.hasMarker = newValue }
    }

    var isMarkerPending: Bool {
        get { folder.isMarkerPending }
        set { if newValue != folder.isMarkerPending { folder.isMarkerPending = newValue } }
    }

    var markerContent: RemoteVersion? {
        get { folder.markerContent }
        set { folder.markerContent = newValue }
    }

    var changes: Int {
        get { folder.changes }
        set { folder.changes = newValue }
    }

    var storesBelow: Int {
        get { folder.storesBelow }
        set { folder.storesBelow = newValue }
    }
}
