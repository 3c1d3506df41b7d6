package import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

/// What has a name and no content to be written: folders, symbolic links, FIFOs, sockets, devices. Each is one request.
extension Volume {
    package func makeDirectory(_ name: FileName, in parent: Inode, permissions: UInt16, for caller: Caller) async throws(Errno) -> Entry {
        _ = try keys.target(of: try await freePath(name, in: parent)).newFolder()
        var node = try newNode(.directory, name, in: parent, permissions: permissions, for: caller)
        try checkFits(node)
        node.metadata = node.storedAttributes(options).metadata
        node.hasMarker = true
        return try await names.together { () async throws(Errno) -> Entry in
            let path = try path(of: parent) + [name]
            try await putMarker(path, node)
            return entry(add(node, path, in: parent))
        }
    }

    package func makeNode(
        _ name: FileName, in parent: Inode, kind: FileKind, permissions: UInt16, device: DeviceNumber, for caller: Caller
    ) async throws(Errno) -> Entry {
        guard kind != .regular else {
            let options = OpenOptions(mode: .writeOnly, exclusive: true)
            let created = try await create(name, in: parent, permissions: permissions, options: options, for: caller)
            await release(created.opened.handle)
            return created.entry
        }
        return try await makeObject(kind, name, in: parent, permissions: permissions, device: device, content: [], for: caller)
    }

    package func makeSymbolicLink(_ name: FileName, in parent: Inode, to target: [UInt8], for caller: Caller) async throws(Errno) -> Entry {
        try await makeObject(.symbolicLink, name, in: parent, permissions: 0o777, device: .none, content: target, for: caller)
    }

    private func makeObject(
        _ kind: FileKind, _ name: FileName, in parent: Inode, permissions: UInt16, device: DeviceNumber, content: [UInt8], for caller: Caller
    ) async throws(Errno) -> Entry {
        guard options.keepsAttributes else { throw Errno.notPermitted }
        _ = try keys.target(of: try await freePath(name, in: parent)).newObject()
        var node = try newNode(kind, name, in: parent, permissions: permissions, for: caller)
        node.attributes.device = device
        node.attributes.size = Int64(content.count)
        node.linkTarget = kind == .symbolicLink ? content : nil
        try checkFits(node)
        node.metadata = node.storedAttributes(options).metadata
        return try await names.together { () async throws(Errno) -> Entry in
            let path = try path(of: parent) + [name]
            let receipt = try await put(content, at: keys.file(path), node)
            node.remote = RemoteVersion(etag: receipt.etag, size: Int64(content.count))
            node.version = receipt.version
            return entry(add(node, path, in: parent))
        }
    }

    /// Fails with EEXIST where somebody else was faster.
    private func put(_ content: [UInt8], at key: Key, _ node: Node) async throws(Errno) -> WriteReceipt {
        let attributes = node.storedAttributes(options)
        do throws(StoreError) {
            return try await store.put(key, BytesSource(Bytes(content)), attributes, .absent)
        } catch {
            guard error.reason != .preconditionFailed else { throw .exists }
            logger.error("\(error)")
            throw error.errno
        }
    }

    /// The path of a name that is not there; EEXIST if it is.
    private func freePath(_ name: FileName, in parent: Inode) async throws(Errno) -> [FileName] {
        try checkWritable()
        let path = try path(of: parent) + [name]
        if let existing = try await entry(name, in: parent, referencing: true) {
            forget(existing.inode, count: 1)
            throw Errno.exists
        }
        return path
    }

    /// Owner, group, permissions and access lists as the folder and the caller make them; without an inode number yet.
    func newNode(
        _ kind: FileKind, _ name: FileName, in parent: Inode, permissions: UInt16, for caller: Caller
    ) throws(Errno) -> Node {
        var node = Node(attributes: Attributes(.root, kind, nil, options))
        node.contentType = kind == .directory ? nil : ContentType.guess(kind, name: name)
        guard options.keepsAttributes else { return node }
        let folder = try self.node(parent)
        let new = folder.protection.newFile(
            kind, permissions: permissions, umask: caller.umask,
            defaultAccessList: options.hasAccessLists ? folder.defaultAccessList : nil, by: caller)
        node.protection = new.protection
        if let list = new.defaultAccessList { node.defaultAccessList = list }
        return node
    }

    /// Takes up what the store has now; the kernel gets a reference.
    private func add(_ node: Node, _ path: [FileName], in parent: Inode) -> Attributes {
        defer { tellKernel() }
        return tree.withLock { tree in
            guard let name = path.last else { preconditionFailure("the top is never made") }
            if let known = tree.child(name, of: parent) { tree.unlink(known) }
            var node = node
            let inode = tree.freeInode(for: path)
            node.attributes.inode = inode
            node.validUntil = .now + options.metadataTTL
            tree.insert(node, as: inode, name: name, in: parent)
            tree.noteAdded(name, node.kind, in: parent)
            if node.kind == .directory { tree.listings.set(inode, FolderListing(emptyUntil: .now + options.metadataTTL)) }
            tree.reference(inode)
            return node.attributes
        }
    }

    package func readSymbolicLink(_ inode: Inode) async throws(Errno) -> [UInt8] {
        _ = try await attributes(of: inode, handle: nil)
        let node = try node(inode)
        guard node.kind == .symbolicLink else { throw Errno.invalidArgument }
        if let target = node.linkTarget { return target }
        let key = keys.file(try path(of: inode))
        let target = try await asking { () async throws(StoreError) in
            try await Array(store.get(key, range: nil, ReadConditions(ifMatch: node.remote?.etag)).collect().contiguous)
        }
        guard (1...LinkTarget.maximumBytes).contains(target.count), !target.contains(0) else { throw Errno.inputOutput }
        tree.withLock { tree in
            _ = tree.update(inode) { known in
                if known.remote == node.remote { known.linkTarget = target }
            }
        }
        return target
    }
}
