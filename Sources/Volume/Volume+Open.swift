package import FileSystemTypes
internal import Content
internal import Logging
internal import ObjectStorage
internal import Synchronization

extension Volume {
    package func open(_ inode: Inode, options: OpenOptions, for caller: Caller) async throws(Errno) -> OpenReply {
        if options.writes || options.truncate { try checkWritable() }
        guard try node(inode).kind != .directory else { throw Errno.isDirectory }
        _ = try await attributes(of: inode, handle: nil)
        return try await openKnown(inode, options)
    }

    /// Opens a file whose node is up to date.
    private func openKnown(_ inode: Inode, _ options: OpenOptions) async throws(Errno) -> OpenReply {
        let (file, keepCache) = try attach(inode, writing: options.writes)
        if options.truncate || options.append {
            do throws(Errno) {
                try checkGrows(file, options)
                if options.truncate { try await truncate(file, to: 0) }
            } catch {
                await detach(file, writing: options.writes)
                throw error
            }
        }
        let handle = handles.withLock { $0.add(FileHandle(file, options: options, version: file.base)) }
        return OpenReply(handle: handle, keepCache: keepCache && !options.truncate)
    }

    package func create(
        _ name: FileName, in parent: Inode, permissions: UInt16, options: OpenOptions, for caller: Caller
    ) async throws(Errno) -> (entry: Entry, opened: OpenReply) {
        try checkWritable()
        let path = try path(of: parent) + [name]
        try checkLength(of: keys.file(path))
        let changes = tree.withLock { $0[parent]?.changes }
        if let existing = try await entry(name, in: parent, referencing: true) {
            guard !options.exclusive else {
                forget(existing.inode, count: 1)
                throw Errno.exists
            }
            return (existing, try await open(existing.inode, options: options, for: caller))
        }
        if options.append, self.options.appends == .native, store.capabilities.append == nil { throw Errno.notPermitted }
        guard let (attributes, file) = try addFile(path, in: parent, unlessChangedSince: changes, permissions: permissions, for: caller) else {
            // Names have come or gone while the store was asked: its answer may be older than they are.
            return try await create(name, in: parent, permissions: permissions, options: options, for: caller)
        }
        file.retain(writing: options.writes)
        if options.append && self.options.appends != .copy { file.withLockedState { $0.wantsAppendable = true } }
        let handle = handles.withLock { $0.add(FileHandle(file, options: options, version: nil)) }
        return (entry(attributes), OpenReply(handle: handle, keepCache: false))
    }

    /// A new, empty file that only this mount knows; nil when the folder is not as it was.
    private func addFile(
        _ path: [FileName], in parent: Inode, unlessChangedSince changes: Int?, permissions: UInt16, for caller: Caller
    ) throws(Errno) -> (Attributes, OpenFile)? {
        guard let name = path.last else { throw Errno.invalidArgument }
        return tree.withLock { tree in
            guard tree.child(name, of: parent) == nil, tree[parent]?.changes == changes else { return nil }
            let inode = tree.add(.regular, path: path, in: parent, options)
            tree.noteUnstored(inode)
            tree.noteAdded(name, .regular, in: parent)
            tree.reference(inode)
            let file = OpenFile(new: inode)
            let attributes = tree.update(inode) { node in
                node.attributes.permissions = permissions
                node.attributes.userID = caller.userID
                node.attributes.groupID = caller.groupID
                node.file = file
                return node.currentAttributes
            }
            return attributes.map { ($0, file) }
        }
    }

    func checkLength(of key: Key) throws(Errno) {
        guard key.bytes.count <= store.limits.key else { throw Errno.nameTooLong }
    }

    package func release(_ handle: Handle) async {
        // It stays in the table until its last changes are stored, so that `drain` waits for them.
        guard let opened = handles.withLock({ $0.file(handle) }) else { return }
        opened.stopReading()
        // Not cancelled with the task: nobody repeats what would be lost here.
        await Task { await detach(opened.file, writing: opened.options.writes) }.value
        _ = handles.withLock { $0.removeFile(handle) }
    }

    // MARK: The open content of an inode

    /// The content of an inode, kept open until `detach`; true when the kernel's pages of it are still right.
    func attach(_ inode: Inode, writing: Bool) throws(Errno) -> (file: OpenFile, keepCache: Bool) {
        let key = keys.file(tree.withLock { $0.path(of: inode) } ?? [])
        let attached = tree.withLock { tree in
            tree.update(inode) { node in
                let base = node.remote.map { ObjectVersion(key: key, etag: $0.etag, size: $0.size) }
                let file = node.file ?? OpenFile(inode: inode, base: base)
                node.file = file
                file.adopt(base)
                file.withLockedState { if $0.map.base == base { $0.appendPosition = node.appendPosition } }
                let isSame = node.lastOpened != nil && node.lastOpened == node.remote
                node.lastOpened = node.remote
                return (file, isSame)
            }
        }
        guard let attached else { throw Errno.stale }
        attached.0.retain(writing: writing)
        return attached
    }

    /// The last one out stores what nobody has stored before: changes through a mapping arrive after close(2).
    func detach(_ file: OpenFile, writing: Bool) async {
        guard file.releaseOne(writing: writing) else { return }
        if file.isChanged { await closeLast(file) }
        dropIfIdle(file)
    }

    private func closeLast(_ file: OpenFile) async {
        guard file.withLockedState({ $0.recorded != $0.revision }) else { return queue.schedule(file, in: self) }
        let outcome = await settled { () async throws(Errno) in
            guard options.writesBack, tree.withLock({ $0.path(of: file.inode) }) != nil else { return try await upload(file) }
            try await record(file)
            queue.schedule(file, in: self)
        }
        guard case .failure = outcome, !file.isOpen else { return }
        await setAside(file)
    }

    func describe(_ inode: Inode) -> String {
        tree.withLock { $0.path(of: inode) }.map { keys.file($0).description } ?? "a deleted file"
    }
}
