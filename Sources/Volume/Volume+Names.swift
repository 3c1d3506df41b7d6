package import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

extension Volume {
    package func makeDirectory(_ name: FileName, in parent: Inode, permissions: UInt16, for caller: Caller) async throws(Errno) -> Entry {
        try checkWritable()
        let path = try path(of: parent) + [name]
        try checkLength(of: keys.folder(path))
        if let existing = try await entry(name, in: parent, referencing: true) {
            forget(existing.inode, count: 1)
            throw Errno.exists
        }
        var node = Node(attributes: Attributes(.root, .directory, nil, options))
        node.attributes.permissions = permissions
        node.attributes.userID = caller.userID
        node.attributes.groupID = caller.groupID
        node.metadata = node.storedAttributes.metadata
        node.hasMarker = true
        try await putMarker(path, node)
        return entry(addFolder(node, path, in: parent))
    }

    private func addFolder(_ node: Node, _ path: [FileName], in parent: Inode) -> Attributes {
        tree.withLock { tree in
            guard let name = path.last else { preconditionFailure("the top is never made") }
            if let known = tree.child(name, of: parent) { tree.unlink(known) }
            var node = node
            let inode = tree.freeInode(for: path)
            node.attributes.inode = inode
            node.validUntil = .now + options.metadataTTL
            node.listing = FolderListing(names: [:], validUntil: .now + options.metadataTTL)
            tree.insert(node, as: inode, name: name, in: parent)
            tree.noteAdded(name, .directory, in: parent)
            tree.reference(inode)
            return node.attributes
        }
    }

    package func unlink(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) {
        try checkWritable()
        try await withEntry(name, in: parent) { (attributes) async throws(Errno) in
            guard attributes.kind != .directory else { throw Errno.isDirectory }
            // Its content is attached, so that no commit is under way while the object is deleted.
            let (file, _) = try attach(attributes.inode, writing: false)
            let outcome = await settled { () async throws(Errno) in
                try await file.sending.run { () async throws(Errno) in try await remove(file, in: parent) }
            }
            await detach(file, writing: false)
            try outcome.get()
        }
    }

    private func remove(_ file: OpenFile, in parent: Inode) async throws(Errno) {
        await dropStream(file)
        if let base = file.base { try await keepReadable(base, of: file, isDeleted: true) }
        try await names.together { () async throws(Errno) in
            if try node(file.inode).remote != nil {
                let key = keys.file(try path(of: file.inode))
                try await keepFolder(parent, without: key)
                try await deleting(key, of: file) { () async throws(Errno) in
                    try await asking { () async throws(StoreError) in try await store.delete(key) }
                }
            }
            tree.withLock { $0.unlink(file.inode) }
        }
        await removeRecord(of: file)
    }

    package func removeDirectory(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) {
        try checkWritable()
        try await withEntry(name, in: parent) { (attributes) async throws(Errno) in
            guard attributes.kind == .directory else { throw Errno.notDirectory }
            try await names.together { () async throws(Errno) in
                let key = keys.folder(try path(of: attributes.inode))
                try await checkEmpty(attributes.inode, key)
                try await keepFolder(parent, without: key)
                try await asking { () async throws(StoreError) in try await store.delete(key) }
                tree.withLock { $0.unlink(attributes.inode) }
            }
        }
    }

    /// Runs `body` with an entry that exists, and keeps its inode until then.
    private func withEntry(
        _ name: FileName, in parent: Inode, _ body: (Attributes) async throws(Errno) -> Void
    ) async throws(Errno) {
        guard let entry = try await entry(name, in: parent, referencing: true) else { throw Errno.noSuchFile }
        defer { forget(entry.inode, count: 1) }
        try await body(entry.attributes)
    }

    /// Fails with `notEmpty` when anything is in a folder, in the store or only here.
    func checkEmpty(_ inode: Inode, _ key: Key) async throws(Errno) {
        guard tree.withLock({ $0.localChildren(of: inode).isEmpty }) else { throw Errno.notEmpty }
        guard try await namesBelow(key, without: key).isEmpty else { throw Errno.notEmpty }
    }

    /// A folder that exists only because of what is in it would vanish with its last child: it gets a marker first.
    func keepFolder(_ inode: Inode, without key: Key) async throws(Errno) {
        let node = try node(inode)
        guard inode != .root, !node.hasMarker else { return }
        let path = try path(of: inode)
        guard try await namesBelow(keys.folder(path), without: key).isEmpty else { return }
        try await putMarker(path, node)
        tree.withLock { tree in
            _ = tree.update(inode) { $0.hasMarker = true }
        }
    }

    /// A few of the keys and common prefixes directly below a folder, its marker and `key` left out.
    private func namesBelow(_ folder: Key, without key: Key) async throws(Errno) -> [Key] {
        let page = try await asking { () async throws(StoreError) in
            try await store.list(ListRequest(prefix: folder, delimiter: "/", maximumKeys: 3))
        }
        return (page.objects.map(\.key) + page.commonPrefixes).filter { $0 != folder && $0 != key }
    }
}
