internal import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata

extension Tree {
    /// What memory says of a name.
    enum Remembered {
        case known(Entry)
        case absent
        /// The store must be asked.
        case unknown(Expectation)
    }

    mutating func remembered(_ path: [FileName], in parent: Inode, referencing: Bool, _ options: VolumeOptions) -> Remembered {
        guard let name = path.last else { return .unknown(.nothing) }
        switch freshEntry(name, path, in: parent, .now, options) {
        case .known(let entry):
            if referencing { reference(entry.inode) }
            return .known(entry)
        case .absent: return .absent
        case .unknown: break
        }
        if let listed = listed(name, in: parent) { return .unknown(Expectation(listed)) }
        if let inode = child(name, of: parent), let node = self[inode] {
            return .unknown(node.kind == .directory ? expectation(ofFolder: name, in: parent, hasMarker: node.hasMarker) : Expectation(node))
        }
        if let hint = hint(of: name, in: parent) { return .unknown(hint) }
        return isAbsent(name, in: parent) ? .absent : .unknown(.nothing)
    }

    /// The entry of a name for which no request is needed: `unknown` where one is.
    mutating func freshEntry(
        _ name: FileName, _ path: @autoclosure () -> [FileName], in parent: Inode, _ now: ContinuousClock.Instant, _ options: VolumeOptions
    ) -> Remembered {
        if let inode = child(name, of: parent), self[inode]?.isFresh(now) == true {
            return entry(of: inode, options).map { .known($0) } ?? .unknown(.nothing)
        }
        guard let listed = listed(name, in: parent), let found = listed.found else { return .unknown(.nothing) }
        listings.update(parent) { listing in
            listing.update(name) { $0.found = nil }
        }
        let stores = stores(of: name, in: parent)
        let taken = take(found, path: path(), in: parent, stores: stores, options, validUntil: listed.validUntil)
        return taken.flatMap { entry(of: $0.inode, options) }.map { .known($0) } ?? .absent
    }

    /// The store has said so, or a listing has shown all names, and not this one.
    private func isAbsent(_ name: FileName, in parent: Inode) -> Bool {
        if absences.contains(name, in: parent, .now) { return true }
        // Escaped names lead to keys that listings may show under plain ones.
        guard !KeySpace.isEscaped(name), let listing = listings[parent] else { return false }
        return listing.isComplete && .now < listing.validUntil && listing[name] == nil
    }

    /// What the kernel is told of an inode, and how long it may believe that.
    func entry(of inode: Inode, _ options: VolumeOptions) -> Entry? {
        guard let node = self[inode] else { return nil }
        let ttl = node.belief(at: .now, options.metadataTTL)
        return Entry(
            attributes: node.currentAttributes, nameTTL: ttl, attributeTTL: ttl, generation: forgotten.generation(of: inode))
    }

    /// Takes up what the store says of a path; nil when there is nothing. A file that has changed here keeps its state.
    /// `stores`: how often it had been stored from here when the store was asked.
    mutating func take(
        _ found: Found, path: [FileName], in parent: Inode, stores: Int, _ options: VolumeOptions, validUntil: ContinuousClock.Instant
    ) -> Attributes? {
        guard let name = path.last else { return nil }
        let known = child(name, of: parent)
        if let known, let node = self[known], node.isLocal || node.stores != stores { return node.currentAttributes }
        let kind: FileKind
        switch found {
        case .nothing:
            // What is below it and not stored yet makes it a folder still.
            if let known, hasUnstored(below: known) { return self[known]?.currentAttributes }
            if let known {
                unlink(known)
                noticeName(name, in: parent)
            }
            return nil
        case .file(let info): kind = info.kind(options)
        case .folder: kind = .directory
        }
        if let known, let node = self[known], node.kind != kind || node.isOtherLink(found) {
            unlink(known)
            noticeName(name, in: parent)
        }
        let inode = child(name, of: parent) ?? add(kind, path: path, in: parent, options)
        guard let before = self[inode] else { return nil }
        let after = update(inode) { node in
            node.take(found, options)
            node.validUntil = validUntil
            return node
        }
        if let after { noticeChange(inode, from: before, to: after) }
        return after?.currentAttributes
    }

    func stores(of name: FileName, in parent: Inode) -> Int {
        child(name, of: parent).flatMap { self[$0]?.stores } ?? 0
    }

    /// A new node with default attributes.
    mutating func add(_ kind: FileKind, path: [FileName], in parent: Inode, _ options: VolumeOptions) -> Inode {
        guard let name = path.last else { preconditionFailure("the top is never added") }
        let before = forgotten.takeInode(at: ForgottenInodes.Place(parent: parent, name: name))
        let inode = before.flatMap { self[$0] == nil ? $0 : nil } ?? freeInode(for: path)
        insert(Node(attributes: Attributes(inode, kind, nil, options)), as: inode, name: name, in: parent)
        return inode
    }
}

extension Node {
    mutating func take(_ found: Found, _ options: VolumeOptions) {
        switch found {
        case .file(let info):
            let target = target(info, options)
            take(info, options)
            remote = RemoteVersion(etag: info.etag, size: info.size)
            (object.linkTarget, object.appendPosition) = (target, info.appendPosition)
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
        var described = ObjectDescription()
        described.metadata = PackedMetadata(info?.metadata ?? [:])
        described.contentType = info?.contentType
        described.headers = info?.headers ?? [:]
        described.storageClass = info?.storageClass
        described.version = info?.version
        described.appendPosition = appendPosition
        described.linkTarget = linkTarget
        let stored = options.keepsAttributes ? info?.metadata[ExtendedAttributes.metadataName] : nil
        described.extendedAttributes = stored.map { ExtendedAttributes(decoding: $0) } ?? ExtendedAttributes()
        object = described
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
