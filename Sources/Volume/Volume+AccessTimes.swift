internal import FileSystemTypes
internal import PosixMetadata
internal import Synchronization

extension Volume {
    /// Something was read: the access time follows where the policy says so, and is stored with the last close.
    func noteRead(_ file: OpenFile) {
        guard options.accessTimes != .off, options.keepsAttributes else { return }
        let now = Timestamp.now
        tree.withLock { tree in
            guard let known = tree[file.inode]?.currentAttributes else { return }
            let isDue = options.accessTimes.isDue(accessed: known.accessed, modified: known.modified, changed: known.changed, now: now)
            guard isDue else { return }
            _ = tree.update(file.inode) { $0.attributes.accessed = now }
            guard state != nil else { return }
            file.withLockedState { $0.revision.attributes += 1 }
        }
    }
}
