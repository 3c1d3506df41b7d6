internal import FileSystemTypes
internal import ObjectStorage

/// Inodes whose objects have been given other names in the store.
extension Tree {
    /// What is known of the inodes below a folder is of versions that have other keys now, and perhaps other ETags. An answer of the store
    /// that is on its way is about the old names.
    mutating func refresh(below folder: Inode, _ keys: KeySpace, _ etag: (ETag?, Key) -> ETag?) {
        for inode in descendants(of: folder) + [folder] { refresh(inode, keys, etag) }
    }

    mutating func refresh(_ inode: Inode, _ keys: KeySpace, _ etag: (ETag?, Key) -> ETag?) {
        guard let path = path(of: inode) else { return }
        let (file, folder) = (keys.file(path), keys.folder(path))
        _ = update(inode) { node in
            node.remote = node.remote.map { RemoteVersion(etag: etag($0.etag, file), size: $0.size) }
            node.lastOpened = node.lastOpened.map { RemoteVersion(etag: etag($0.etag, file), size: $0.size) }
            node.markerContent = node.markerContent.map { RemoteVersion(etag: etag($0.etag, folder), size: $0.size) }
            node.validUntil = nil
            node.listing = nil
            node.stores += 1
        }
    }

    /// Two inodes change places.
    mutating func exchange(_ one: Inode, _ other: Inode) {
        guard let left = self[one], let right = self[other], let leftParent = left.parent, let rightParent = right.parent,
            let leftName = left.name, let rightName = right.name
        else { return }
        place(one, rightName, in: rightParent)
        place(other, leftName, in: leftParent)
        noteAdded(rightName, left.kind, in: rightParent)
        noteAdded(leftName, right.kind, in: leftParent)
    }
}
