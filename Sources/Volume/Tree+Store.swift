internal import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata

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
        // Escaped names lead to keys that listings may show under plain ones.
        guard !KeySpace.isEscaped(name), let listing = self[parent]?.listing, now < listing.validUntil else { return .unknown(nil) }
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
        case .file(let info): kind = info.kind(options)
        case .folder: kind = .directory
        }
        if let known, let node = self[known], node.kind != kind || node.isOtherLink(found) { unlink(known) }
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
            linkTarget = target(info, options)
            take(info, options)
            remote = RemoteVersion(etag: info.etag, size: info.size)
            appendPosition = info.appendPosition
        case .folder(let marker):
            hasMarker = marker != nil
            markerContent = marker.flatMap { $0.size > 0 ? RemoteVersion(etag: $0.etag, size: $0.size) : nil }
            take(marker, options)
        case .nothing: break
        }
    }

    private mutating func take(_ info: ObjectInfo?, _ options: VolumeOptions) {
        let before = attributes
        attributes = Attributes(before.inode, before.kind, info, options)
        // A folder without marker has no time of its own: it keeps the one it was first seen with.
        if info == nil { (attributes.accessed, attributes.modified, attributes.changed) = (before.accessed, before.modified, before.changed) }
        if let touched, kind == .directory {
            attributes.modified = max(attributes.modified, touched)
            attributes.changed = max(attributes.changed, touched)
        }
        describe(info, options)
    }

    /// What the object has besides attributes.
    mutating func describe(_ info: ObjectInfo?, _ options: VolumeOptions) {
        metadata = info?.metadata ?? [:]
        contentType = info?.contentType
        headers = info?.headers ?? [:]
        storageClass = info?.storageClass
        version = info?.version
        let stored = options.keepsAttributes ? metadata[ExtendedAttributes.metadataName] : nil
        extendedAttributes = stored.map { ExtendedAttributes(decoding: $0) } ?? ExtendedAttributes()
    }

    /// A link that leads elsewhere is another inode: the kernel keeps what it was told of this one.
    func isOtherLink(_ found: Found) -> Bool {
        guard kind == .symbolicLink, case .file(let info) = found else { return false }
        return remote?.etag != info.etag
    }

    private func target(_ info: ObjectInfo, _ options: VolumeOptions) -> [UInt8]? {
        guard kind == .symbolicLink else { return nil }
        if case .inline(let target) = StoredMetadata(info.metadata, isFolder: false).linkTarget { return target }
        return remote?.etag == info.etag ? linkTarget : nil
    }
}
