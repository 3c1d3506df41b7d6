internal import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata

/// What goes to the store with the bytes: ours, and whatever else was there.
extension Node {
    func storedAttributes(_ options: VolumeOptions) -> ObjectAttributes {
        objectAttributes(options, hasTimes: true)
    }

    /// The same without the times of the content: those of the last write are not known before it has been made.
    func streamedAttributes(_ options: VolumeOptions) -> ObjectAttributes {
        objectAttributes(options, hasTimes: false)
    }

    private func objectAttributes(_ options: VolumeOptions, hasTimes: Bool) -> ObjectAttributes {
        let kept = file?.hasNewContent ?? false ? StoredMetadata.withoutDigests(metadata) : metadata
        let type = contentType ?? (kind == .directory ? ContentType.folder : nil)
        var result = ObjectAttributes(contentType: type, metadata: kept, storageClass: keptStorageClass)
        result.headers = headers
        guard options.keepsAttributes else { return result }
        result.metadata = stored(hasTimes: hasTimes).written(over: kept, kind: kind)
        // What is not known yet must not be what the object had before.
        if !hasTimes { result.metadata = result.metadata.filter { !Self.contentTimes.contains($0.key) } }
        return result
    }

    private static let contentTimes: Set = [
        "mtime", "ctime", "file-mtime", "file-ctime", "goog-reserved-file-mtime", "gcsfuse_mtime",
    ]

    private func stored(hasTimes: Bool) -> StoredMetadata {
        let now = currentAttributes
        var stored = StoredMetadata()
        stored.permissions = now.permissions
        stored.userID = now.userID
        stored.groupID = now.groupID
        stored.accessed = now.accessed
        if hasTimes { (stored.modified, stored.changed) = (now.modified, now.changed) }
        if kind == .characterDevice || kind == .blockDevice { stored.device = now.device }
        let known = metadata[ExtendedAttributes.metadataName].map { ExtendedAttributes(decoding: $0) } ?? ExtendedAttributes()
        if extendedAttributes != known { stored.extendedAttributes = extendedAttributes }
        return stored
    }

    /// Classes whose objects can be read at once stay; an archived one would make new content unreadable.
    private var keptStorageClass: String? {
        storageClass.flatMap { Self.onlineClasses.contains($0) ? $0 : nil }
    }

    private static let onlineClasses: Set = [
        "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "REDUCED_REDUNDANCY", "WARM", "ACCELERATED",
    ]
}

extension ObjectInfo {
    /// What an object is whose key does not end in `/`.
    func kind(_ options: VolumeOptions) -> FileKind {
        options.keepsAttributes ? StoredMetadata(metadata, isFolder: false).kind(isFolder: false, size: size) : .regular
    }
}

extension Attributes {
    /// The attributes stored with an object, or the volume's defaults.
    ///
    /// Folders have a link count of 1, which says that their subfolders are not counted: with 2, find(1) and fts(3) would not look for any.
    init(_ inode: Inode, _ kind: FileKind, _ info: ObjectInfo?, _ options: VolumeOptions) {
        let stored = options.keepsAttributes ? StoredMetadata(info?.metadata ?? [:], isFolder: kind == .directory) : StoredMetadata()
        let modified = stored.modified ?? info?.lastModified ?? .now
        let isDevice = kind == .characterDevice || kind == .blockDevice
        self.init(
            inode: inode, kind: kind, permissions: Self.permissions(stored, kind, options), userID: stored.userID ?? options.userID,
            groupID: stored.groupID ?? options.groupID, size: Self.size(stored, kind, info), accessed: stored.accessed ?? modified,
            modified: modified, changed: stored.changed ?? info?.lastModified ?? modified,
            device: isDevice ? stored.device ?? .none : .none)
    }

    private static func permissions(_ stored: StoredMetadata, _ kind: FileKind, _ options: VolumeOptions) -> UInt16 {
        switch kind {
        case .symbolicLink: 0o777
        case .directory: stored.permissions ?? options.directoryPermissions
        default: stored.permissions ?? options.filePermissions
        }
    }

    private static func size(_ stored: StoredMetadata, _ kind: FileKind, _ info: ObjectInfo?) -> Int64 {
        if kind == .directory { return 0 }
        if kind == .symbolicLink, case .inline(let target) = stored.linkTarget { return Int64(target.count) }
        return info?.size ?? 0
    }
}
