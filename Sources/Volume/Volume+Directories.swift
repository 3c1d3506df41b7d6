package import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

/// Positions: 1 is after `.`, 2 after `..`, then one for each name.
private let dots = 2

extension Volume {
    package func openDirectory(_ inode: Inode, for caller: Caller) async throws(Errno) -> OpenReply {
        guard try node(inode).kind == .directory else { throw Errno.notDirectory }
        let folder = keys.folderKey(try path(of: inode))
        let directory = DirectoryHandle(
            inode: inode, folder: folder, isWalked: walks.isExpected(caller.processID), isRead: readers.isExpected(caller.processID))
        walkAhead(of: inode)
        return OpenReply(handle: handles.withLock { $0.add(directory) }, keepCache: false)
    }

    package func releaseDirectory(_ handle: Handle) async {
        guard let directory = handles.withLock({ $0.removeDirectory(handle) }) else { return }
        for listing in directory.listings { end(listing, of: directory) }
    }

    private func end(_ listing: DirectoryListing, of directory: DirectoryHandle) {
        listing.close()
        count(listing)
        tree.withLock { $0.endListing(of: directory.inode, pass: listing.pass) }
    }

    package func synchronizeDirectory(_ handle: Handle, dataOnly: Bool) async throws(Errno) {
        // Names are in the store before the call that made them returns; those that went may still be.
        let directory = try directory(handle)
        guard !options.syncsLocally else { return }
        try await storeFolder(directory.inode)
        try await finishDeletions(in: directory.inode)
    }

    package func readDirectory(_ handle: Handle, after cookie: UInt64, limit: Int) async throws(Errno) -> [DirectoryEntry] {
        let directory = try directory(handle)
        return try await listed(directory, after: cookie, limit).map(\.entry)
    }

    /// Attributes are given for what is known anyway where reading begins: plain `ls` does not need them, and each would cost a request.
    /// Later on the kernel asks in this way only for somebody who has wanted the attributes of the names before: then they are
    /// asked for, in parallel, and those that follow in the listing with them.
    package func readDirectoryPlus(_ handle: Handle, after cookie: UInt64, limit: Int) async throws(Errno) -> [DirectoryEntryPlus] {
        let directory = try directory(handle)
        let listed = try await listed(directory, after: cookie, limit)
        let names = listed.compactMap(\.name)
        // Who reads the files has their attributes with their content.
        let isRead = directory.isRead || isReadThrough(directory.inode)
        let isWanted = !isRead && (directory.isWalked || DirectoryHandle.Position(cookie: cookie).index > 0)
        if isWanted, options.metadataTTL > .zero { await ask(names, in: directory) }
        let path = try path(of: directory.inode)
        let now = ContinuousClock.now
        defer { tellKernel() }
        return tree.withLock { tree in
            listed.map { name, listed in
                guard let name, case .known(let entry) = tree.freshEntry(name, path + [name], in: directory.inode, now, options) else {
                    return DirectoryEntryPlus(listed: listed, entry: nil)
                }
                tree.reference(entry.inode)
                var listed = listed
                (listed.inode, listed.kind) = (entry.inode, entry.attributes.kind)
                return DirectoryEntryPlus(listed: listed, entry: entry)
            }
        }
    }

    private func ask(_ names: [FileName], in directory: DirectoryHandle) async {
        if lacking(names, in: directory.inode).count > 1 { await renew(forNamesIn: directory.inode) }
        let wanted = lacking(names, in: directory.inode)
        askAhead(for: names, in: directory.inode, soon: true)
        runAhead(ofAll: names, in: directory.inode, eagerly: directory.isWalked)
        await ahead.finish(wanted)
    }

    private func directory(_ handle: Handle) throws(Errno) -> DirectoryHandle {
        guard let directory = handles.withLock({ $0.directory(handle) }) else { throw Errno.badHandle }
        return directory
    }

    /// Entries from `cookie` on; pages are fetched as they are needed.
    private func listed(
        _ directory: DirectoryHandle, after cookie: UInt64, _ limit: Int
    ) async throws(Errno) -> [(name: FileName?, entry: DirectoryEntry)] {
        let path = try path(of: directory.inode)
        try await moves.wait(for: path)
        var position = DirectoryHandle.Position(cookie: cookie)
        let start = position.index
        let items = try await directory.gate.run { () async throws(Errno) in
            if cookie == 0 {
                await awaitListing(of: directory.folder)
                position.pass = restart(directory)
            }
            guard let listing = directory.listing(of: &position.pass) else { throw .invalidArgument }
            while !listing.isComplete, dots + listing.count <= start || listing.count == 0 { try await advance(listing, of: directory.inode) }
            return listing.items(from: max(0, start - dots), limit: limit)
        }
        return tree.withLock { tree in
            let names = items.map { index, item in
                let entry = DirectoryEntry(
                    name: item.name.bytes, inode: tree.child(item.name, of: directory.inode) ?? InodeNumbers.preferred(for: path + [item.name]),
                    kind: kind(of: item, in: directory.inode, tree),
                    cookie: DirectoryHandle.Position(pass: position.pass, index: index + dots + 1).cookie)
                return (item.name, entry)
            }
            return Array((tree.dots(of: directory.inode, position.pass).dropFirst(start) + names).prefix(max(1, limit)))
        }
    }

    /// Nil for what only a request could tell: whoever needs it asks for the attributes.
    private func kind(of item: DirectoryItem, in folder: Inode, _ tree: Tree) -> FileKind? {
        guard item.mayBeSpecial, options.keepsAttributes else { return item.kind }
        return tree.child(item.name, of: folder).flatMap { tree[$0]?.kind }
    }

    /// Begins a new pass; gives its number.
    private func restart(_ directory: DirectoryHandle) -> UInt64 {
        let listing = newListing(of: directory)
        count(listing)
        let (pass, ended) = directory.begin(listing)
        if let ended { end(ended, of: directory) }
        return pass
    }

    private func newListing(of directory: DirectoryHandle) -> DirectoryListing {
        let folder = directory.inode
        if let items = tree.withLock({ $0.completeItems(of: folder) }) { return DirectoryListing(of: items) }
        let local = tree.withLock { $0.localChildren(of: folder) }
        let first = prepared.take(directory.folder, (allChanges, tree.withLock { $0.moment(of: folder) }), options.metadataTTL)
        let listing = DirectoryListing(
            of: directory.folder, in: store, local: Dictionary(local.map { ($0.name, $0.kind) }, uniquingKeysWith: { first, _ in first }),
            first: first)
        tree.withLock { $0.beginListing(of: folder, pass: listing.pass, options) }
        return listing
    }

    private func advance(_ listing: DirectoryListing, of folder: Inode) async throws(Errno) {
        try await moves.wait(for: path(of: folder))
        let changes = moves.changes
        let fetched = try await asking { () async throws(StoreError) in
            try await listing.nextPage(changes) { [weak self] in self?.tree.withLock { $0.moment(of: folder) } ?? FolderMoment() }
        }
        let known = await remembered(of: fetched?.page.objects ?? [])
        let names = listing.take(fetched)
        count(listing)
        let moment = listing.moment
        tree.withLock { tree in
            tree.take(names, in: folder, pass: listing.pass, moment, known, options.metadataTTL)
            if fetched == nil { tree.completeListing(of: folder, pass: listing.pass, moment) }
        }
        tellKernel()
    }
}

extension Tree {
    fileprivate func dots(of folder: Inode, _ pass: UInt64) -> [(name: FileName?, entry: DirectoryEntry)] {
        let parent = self[folder]?.parent ?? .root
        return [
            (
                nil,
                DirectoryEntry(name: Array(".".utf8), inode: folder, kind: .directory, cookie: DirectoryHandle.Position(pass: pass, index: 1).cookie)
            ),
            (
                nil,
                DirectoryEntry(name: Array("..".utf8), inode: parent, kind: .directory, cookie: DirectoryHandle.Position(pass: pass, index: 2).cookie)
            ),
        ]
    }
}
