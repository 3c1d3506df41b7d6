package import FileSystemTypes
internal import MetadataCache
internal import ObjectStorage
internal import Synchronization

/// What somebody knows to have changed is asked for again, without waiting for its time.
extension Volume {
    /// Nothing of what is known of `path` and of all below it is believed any more, here and in the kernel, but for what has been written here.
    /// How many files and folders that were.
    @discardableResult package func refresh(_ path: [FileName]) async -> Int {
        let doubted = tree.withLock { $0.doubt(path) }
        for known in doubted.paths { metadata?.forget(keys.file(known)) }
        let absences = absent.withLock { absent in
            doubted.folders.flatMap { folder in absent.take(in: folder).map { KernelNotification.expiredName($0, parent: folder) } }
        }
        for notice in doubted.notices + absences { await tell(notice) }
        return doubted.paths.count
    }

    /// The kernel takes so many notices at once as its queue holds; a mount that is about to end takes none.
    private func tell(_ notice: KernelNotification) async {
        guard let kernel = kernel.withLock({ $0 }) else { return }
        for _ in 0..<100 {
            if kernel.notify(notice) { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}

extension Tree {
    /// What is no longer believed, and what the kernel is to be told of it.
    struct Doubted {
        var paths: [[FileName]] = []
        var folders: [Inode] = []
        var notices: [KernelNotification] = []
    }

    fileprivate mutating func doubt(_ path: [FileName]) -> Doubted {
        var doubted = Doubted()
        var inode = Inode.root
        for name in path {
            listings.remove(inode)
            absences.forget(name, in: inode)
            guard let child = child(name, of: inode) else {
                // That it is not there may be what the kernel believes.
                noteDoubt()
                doubted.notices = [.expiredName(name, parent: inode)]
                return doubted
            }
            inode = child
        }
        for known in [inode] + descendants(of: inode) { doubt(known, &doubted) }
        noteDoubt()
        return doubted
    }

    private mutating func doubt(_ inode: Inode, _ doubted: inout Doubted) {
        listings.remove(inode)
        absences.forgetAll(in: inode)
        doubted.folders.append(inode)
        guard let node = self[inode], !node.isLocal, !node.isUnlinked else { return }
        _ = update(inode) { $0.validUntil = nil }
        if let path = path(of: inode), !path.isEmpty { doubted.paths.append(path) }
        guard node.references > 0 else { return }
        if let name = node.name, let parent = node.parent { doubted.notices.append(.expiredName(name, parent: parent)) }
        doubted.notices.append(node.lastOpened == nil ? .attributes(inode) : .content(inode, nil))
    }
}
