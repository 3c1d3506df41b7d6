internal import FileSystemTypes
internal import ObjectStorage

extension Tree {
    /// What memory says of a name.
    enum Remembered {
        case known(Attributes)
        case absent
        /// The store must be asked; a listing may have told the kind.
        case unknown(FileKind?)
    }

    mutating func remembered(_ name: FileName, in parent: Inode, referencing: Bool) -> Remembered {
        let now = ContinuousClock.now
        if let inode = child(name, of: parent), let node = self[inode] {
            guard node.isFresh(now) else { return .unknown(nil) }
            if referencing { reference(inode) }
            return .known(node.currentAttributes)
        }
        guard let listing = self[parent]?.listing, now < listing.validUntil else { return .unknown(nil) }
        guard let kind = listing.names[name] else { return .absent }
        return .unknown(kind)
    }

    /// Takes up what the store says of a path; nil when there is nothing. A file that has changed here keeps its state.
    /// `stores`: how often it had been stored from here when the store was asked.
    mutating func take(_ found: Found, path: [FileName], in parent: Inode, stores: Int, _ options: VolumeOptions) -> Attributes? {
        guard let name = path.last else { return nil }
        let known = child(name, of: parent)
        if let known, let node = self[known], node.isLocal || node.stores != stores { return node.currentAttributes }
        let kind: FileKind
        switch found {
        case .nothing:
            // What is below it and not stored yet makes it a folder still.
            if let known, hasUnstored(below: known) { return self[known]?.currentAttributes }
            if let known { unlink(known) }
            return nil
        case .file: kind = .regular
        case .folder: kind = .directory
        }
        if let known, let node = self[known], node.kind != kind { unlink(known) }
        let inode = child(name, of: parent) ?? add(kind, path: path, in: parent, options)
        return update(inode) { node in
            node.take(found, options)
            return node.currentAttributes
        }
    }

    func stores(of name: FileName, in parent: Inode) -> Int {
        child(name, of: parent).flatMap { self[$0]?.stores } ?? 0
    }

    /// A new node with default attributes.
    mutating func add(_ kind: FileKind, path: [FileName], in parent: Inode, _ options: VolumeOptions) -> Inode {
        let inode = freeInode(for: path)
        guard let name = path.last else { preconditionFailure("the top is never added") }
        insert(Node(attributes: Attributes(inode, kind, nil, options)), as: inode, name: name, in: parent)
        return inode
    }
}

extension Node {
    mutating func take(_ found: Found, _ options: VolumeOptions) {
        validUntil = .now + options.metadataTTL
        switch found {
        case .file(let info):
            take(info, options)
            remote = RemoteVersion(etag: info.etag, size: info.size)
            appendPosition = info.appendPosition
        case .folder(let marker):
            hasMarker = marker != nil
            take(marker, options)
        case .nothing: break
        }
    }

    private mutating func take(_ info: ObjectInfo?, _ options: VolumeOptions) {
        let before = attributes
        attributes = Attributes(before.inode, before.kind, info, options)
        // A folder without marker has no time of its own: it keeps the one it was first seen with.
        if info == nil { (attributes.accessed, attributes.modified, attributes.changed) = (before.accessed, before.modified, before.changed) }
        metadata = info?.metadata ?? [:]
        contentType = info?.contentType
    }
}

extension Attributes {
    /// The attributes stored with an object, or the volume's defaults.
    ///
    /// Folders have a link count of 1, which says that their subfolders are not counted: with 2, find(1) and fts(3) would not look for any.
    init(_ inode: Inode, _ kind: FileKind, _ info: ObjectInfo?, _ options: VolumeOptions) {
        let stored = StoredAttributes(info?.metadata ?? [:])
        let modified = stored.modified ?? info?.lastModified ?? .now
        self.init(
            inode: inode, kind: kind,
            permissions: stored.permissions ?? (kind == .directory ? options.directoryPermissions : options.filePermissions),
            userID: stored.userID ?? options.userID, groupID: stored.groupID ?? options.groupID,
            size: kind == .directory ? 0 : info?.size ?? 0,
            accessed: modified, modified: modified, changed: stored.changed ?? info?.lastModified ?? modified)
    }

    /// What is to be stored of them.
    var stored: StoredAttributes {
        var stored = StoredAttributes()
        stored.permissions = permissions
        stored.userID = userID
        stored.groupID = groupID
        stored.modified = modified
        stored.changed = changed
        return stored
    }
}
