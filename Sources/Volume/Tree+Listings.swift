internal import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata

/// What listings tell the tree.
extension Tree {
    func moment(of folder: Inode) -> FolderMoment {
        FolderMoment(changes: self[folder]?.changes ?? 0, stores: self[folder]?.storesBelow ?? 0)
    }

    /// Whether nothing of a folder has been changed from here since.
    private func isUnchanged(_ folder: Inode, since moment: FolderMoment) -> Bool {
        guard let node = self[folder] else { return false }
        return node.changes == moment.changes && node.storesBelow == moment.stores
    }

    /// A listing begins. One of somebody else that is under way stays.
    mutating func beginListing(of folder: Inode, pass: UInt64, _ options: VolumeOptions) {
        noteUse(above: folder)
        if let known = listings[folder], known.isUnderWay, .now < known.validUntil { return }
        listings.set(folder, FolderListing(pass: pass, validUntil: .now + options.metadataTTL, mostNames: listings.mostInOne))
    }

    /// Who is below a folder comes back for the next one in it: what was listed of those above is kept longer than what was listed below them.
    private mutating func noteUse(above folder: Inode) {
        var current = self[folder]?.parent
        while let ancestor = current {
            listings.noteUse(of: ancestor)
            current = self[ancestor]?.parent
        }
    }

    /// Nobody reads on.
    mutating func endListing(of folder: Inode, pass: UInt64) {
        listings.update(folder) { if $0.pass == pass { $0.stop() } }
    }

    /// Takes up names that a listing has shown. What is known of their objects comes with them.
    mutating func take(_ listed: [ListedName], in folder: Inode, pass: UInt64, _ fetched: FolderMoment, _ infos: [Key: ObjectInfo], _ ttl: Duration) {
        guard isUnchanged(folder, since: fetched) else { return listings.remove(folder) }
        let (validUntil, infos) = (fetched.asked + ttl, believed(infos, of: listed, in: folder))
        for name in listed { if case .object(let object) = name.kind { noticeVersion(object, name.name, in: folder) } }
        listings.update(folder) { listing in
            guard listing.pass == pass else { return }
            listing.append(listed.map { ($0.name, ListedEntry($0, infos, validUntil)) }, until: validUntil)
        }
    }

    /// What is believed of what earlier answers (`infos`) and the listing itself say of objects: not where it differs from what was stored from here.
    /// Some stores list what is new a moment later, and then the object itself is asked.
    func believed(_ infos: [Key: ObjectInfo], of names: [ListedName], in folder: Inode) -> [Key: ObjectInfo] {
        var believed = infos
        for name in names {
            // The page of an object that was held back is gone, and what it told is with the object.
            guard case .object(let object) = name.kind, let info = infos[object.key] ?? object.info else { continue }
            believed[object.key] = isDoubtful(info, name.name, in: folder) ? nil : info
        }
        return believed
    }

    private func isDoubtful(_ info: ObjectInfo, _ name: FileName, in folder: Inode) -> Bool {
        guard let node = child(name, of: folder).flatMap({ self[$0] }), node.stores > 0 else { return false }
        return node.remote != RemoteVersion(etag: info.etag, size: info.size) || node.metadata != info.metadata
    }

    /// The listing has shown all; names that only this mount has are among them.
    mutating func completeListing(of folder: Inode, pass: UInt64, _ fetched: FolderMoment) {
        guard isUnchanged(folder, since: fetched) else { return listings.remove(folder) }
        let local = localChildren(of: folder)
        listings.update(folder) { listing in
            guard listing.pass == pass else { return }
            for child in local where listing[child.name] == nil {
                listing.set(child.name, ListedEntry(kind: child.kind, validUntil: listing.validUntil))
            }
            listing.complete()
        }
    }

    /// All names of a folder, where memory has them and they are still true.
    func completeItems(of folder: Inode) -> [DirectoryItem]? {
        guard let listing = listings[folder], listing.isComplete, .now < listing.validUntil else { return nil }
        return listing.items
    }

    /// What a listing has shown of a name, as long as it is true.
    func listed(_ name: FileName, in folder: Inode) -> ListedEntry? {
        guard let entry = listings[folder]?[name], .now < entry.validUntil else { return nil }
        return entry
    }

    /// What a listing has shown of a name, be it true still or not: it tells what to ask for first.
    func hint(of name: FileName, in folder: Inode) -> Expectation? {
        guard let entry = listings[folder]?[name] else { return nil }
        if .now < entry.validUntil { return Expectation(entry) }
        return entry.kind == .directory ? expectation(ofFolder: name, in: folder, hasMarker: true) : .file(nil)
    }

    func expectation(ofFolder name: FileName, in parent: Inode, hasMarker: Bool) -> Expectation {
        .folder(hasMarker: hasMarker, listings[parent]?.isNext(name) == true ? .next : .once)
    }

    /// Keeps what the store has said of a name, for whoever wants it soon.
    ///
    /// - Parameter listed: the object that it was asked about. A change from here takes it out of the listing: where it is still there, what has
    ///   changed were other names.
    mutating func keep(
        _ found: Found, of name: FileName, in folder: Inode, _ asked: FolderMoment, listed: ListedObject?, _ ttl: Duration
    ) {
        guard isUnchanged(folder, since: asked) || listed != nil && listings[folder]?[name]?.object == listed else { return }
        listings.update(folder) { listing in
            listing.update(name) { entry in
                entry.found = found
                entry.validUntil = asked.asked + ttl
            }
        }
    }

    /// Whether the attributes of a name are still to be asked for.
    func lacksAttributes(_ name: FileName, in folder: Inode, _ now: ContinuousClock.Instant) -> Bool {
        if let inode = child(name, of: folder), self[inode]?.isFresh(now) == true { return false }
        guard let entry = listings[folder]?[name] else { return false }
        return entry.found == nil || entry.validUntil <= now
    }
}

extension ListedEntry {
    init(_ listed: ListedName, _ infos: [Key: ObjectInfo], _ validUntil: ContinuousClock.Instant) {
        switch listed.kind {
        case .object(var object):
            object.attributes = nil
            self.init(kind: .regular, object: object, found: infos[object.key].map { .file($0) }, validUntil: validUntil)
        case .folder: self.init(kind: .directory, validUntil: validUntil)
        case .continuation: self.init(kind: .directory, found: .folder(marker: nil), validUntil: validUntil)
        }
    }
}
