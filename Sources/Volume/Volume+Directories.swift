package import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Synchronization

extension Volume {
    package func openDirectory(_ inode: Inode, for caller: Caller) async throws(Errno) -> OpenReply {
        guard try node(inode).kind == .directory else { throw Errno.notDirectory }
        let folder = keys.folderKey(try path(of: inode))
        let directory = DirectoryHandle(inode: inode, folder: folder, store: store)
        return OpenReply(handle: handles.withLock { $0.add(directory) }, keepCache: false)
    }

    package func releaseDirectory(_ handle: Handle) async {
        _ = handles.withLock { $0.removeDirectory(handle) }
    }

    package func synchronizeDirectory(_ handle: Handle, dataOnly: Bool) async throws(Errno) {
        // Names are in the store before the call that made them returns.
        _ = try directory(handle)
    }

    package func readDirectory(_ handle: Handle, after cookie: UInt64, limit: Int) async throws(Errno) -> [DirectoryEntry] {
        let directory = try directory(handle)
        let path = try path(of: directory.inode)
        let items = try await directory.gate.run { () async throws(Errno) in
            try await self.items(of: directory, after: cookie, limit)
        }
        return tree.withLock { tree in
            items.map { index, item in
                DirectoryEntry(
                    name: item.name?.bytes ?? item.dots, inode: tree.number(of: item, in: directory.inode, path),
                    kind: kind(of: item, in: directory.inode, tree),
                    cookie: UInt64(index + 1))
            }
        }
    }

    /// Nil for what only a request could tell: whoever needs it asks for the attributes.
    private func kind(of item: DirectoryItem, in folder: Inode, _ tree: Tree) -> FileKind? {
        guard item.mayBeSpecial, options.keepsAttributes else { return item.kind }
        return item.name.flatMap { tree.child($0, of: folder) }.flatMap { tree[$0]?.kind }
    }

    /// Attributes are given for what is known anyway: asking for each would cost a request that `ls` does not need.
    package func readDirectoryPlus(_ handle: Handle, after cookie: UInt64, limit: Int) async throws(Errno) -> [DirectoryEntryPlus] {
        let directory = try directory(handle)
        let listed = try await readDirectory(handle, after: cookie, limit: limit)
        let now = ContinuousClock.now
        return tree.withLock { tree in
            listed.map { listed in
                guard let name = FileName(listed.name), let inode = tree.child(name, of: directory.inode), let node = tree[inode],
                    node.isFresh(now)
                else { return DirectoryEntryPlus(listed: listed, entry: nil) }
                tree.reference(inode)
                return DirectoryEntryPlus(listed: listed, entry: entry(node.currentAttributes))
            }
        }
    }

    private func directory(_ handle: Handle) throws(Errno) -> DirectoryHandle {
        guard let directory = handles.withLock({ $0.directory(handle) }) else { throw Errno.badHandle }
        return directory
    }

    /// Items from `cookie` on, with their positions; pages are fetched as they are needed. The gate is held.
    private func items(of directory: DirectoryHandle, after cookie: UInt64, _ limit: Int) async throws(Errno) -> [(Int, DirectoryItem)] {
        if cookie == 0 { restart(directory) }
        let start = Int(clamping: cookie)
        while !directory.isComplete, directory.count <= start { try await advance(directory) }
        return directory.items(from: start, limit: limit)
    }

    private func restart(_ directory: DirectoryHandle) {
        let (local, changes) = tree.withLock { ($0.localChildren(of: directory.inode), $0[directory.inode]?.changes ?? 0) }
        directory.restart(local: local.map { DirectoryItem(name: $0.name, kind: $0.kind) }, changes: changes)
    }

    private func advance(_ directory: DirectoryHandle) async throws(Errno) {
        try await moves.wait(for: path(of: directory.inode))
        let page = try await asking { () async throws(StoreError) in try await directory.nextPage() }
        directory.take(page)
        guard directory.isComplete else { return }
        tree.withLock { tree in
            guard let listing = directory.listing(ttl: options.metadataTTL) else { return }
            _ = tree.update(directory.inode) { node in
                if node.changes == directory.changes { node.listing = listing }
            }
        }
    }
}

extension Tree {
    /// The inode number that a listing shows for an item.
    fileprivate func number(of item: DirectoryItem, in folder: Inode, _ path: [FileName]) -> Inode {
        guard let name = item.name else { return item.isParent ? self[folder]?.parent ?? .root : folder }
        return child(name, of: folder) ?? InodeNumbers.preferred(for: path + [name])
    }
}
