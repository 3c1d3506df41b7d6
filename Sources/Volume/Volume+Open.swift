package import FileSystemTypes
internal import Content
internal import Logging
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

extension Volume {
    package func open(_ inode: Inode, options: OpenOptions, for caller: Caller) async throws(Errno) -> OpenReply {
        if options.writes || options.truncate { try checkWritable() }
        switch try node(inode).kind {
        case .directory: throw Errno.isDirectory
        case .symbolicLink: throw Errno.tooManySymbolicLinks
        default: break
        }
        try await refresh(inode)
        return try await openKnown(inode, options, caller)
    }

    /// Opens a file whose node is up to date.
    private func openKnown(_ inode: Inode, _ options: OpenOptions, _ caller: Caller) async throws(Errno) -> OpenReply {
        let (file, keepCache) = try await attachSettled(inode, writing: options.writes)
        if options.truncate || options.append {
            do throws(Errno) {
                try checkGrows(file, options)
                if options.truncate {
                    try await truncate(file, to: 0)
                    clearSetID(file, caller)
                }
            } catch {
                await detach(file, writing: options.writes)
                throw error
            }
        }
        let opened = FileHandle(file, options: options, version: file.base, by: caller.processID)
        let handle = handles.withLock { $0.add(opened) }
        // A commit that ended in between has told only the handles that it found.
        if let base = file.base, base != opened.opened { opened.repin(from: opened.opened, to: base) }
        return OpenReply(handle: handle, keepCache: keepCache && !options.truncate)
    }

    /// open(2) with `O_TRUNC` is a write.
    private func clearSetID(_ file: OpenFile, _ caller: Caller) {
        guard self.options.keepsAttributes, !caller.isPrivileged else { return }
        let caller = caller.resolved
        tree.withLock { tree in
            let isCleared = tree.update(file.inode) { node in
                let left = node.protection.permissionsAfterWrite(by: caller)
                defer { node.attributes.permissions = left }
                return left != node.attributes.permissions
            }
            if isCleared == true { file.withLockedState { $0.revision.attributes += 1 } }
        }
    }

    package func create(
        _ name: FileName, in parent: Inode, permissions: UInt16, options: OpenOptions, for caller: Caller
    ) async throws(Errno) -> (entry: Entry, opened: OpenReply) {
        try checkWritable()
        let path = try path(of: parent) + [name]
        let changes = tree.withLock { $0[parent]?.changes }
        if let existing = try await entry(name, in: parent, referencing: true) {
            guard !options.exclusive else {
                forget(existing.inode, count: 1)
                throw Errno.exists
            }
            return (existing, try await open(existing.inode, options: options, for: caller))
        }
        _ = try keys.target(of: path).newObject()
        if options.append, self.options.appends == .native, store.capabilities.append == nil { throw Errno.notPermitted }
        let new = try newNode(.regular, name, in: parent, permissions: permissions, for: caller)
        try checkFits(new)
        guard let (attributes, file) = try addFile(new, path, in: parent, unlessChangedSince: changes) else {
            // Names have come or gone while the store was asked: its answer may be older than they are.
            return try await create(name, in: parent, permissions: permissions, options: options, for: caller)
        }
        file.retain(writing: options.writes)
        if options.append && self.options.appends != .copy { file.withLockedState { $0.wantsAppendable = true } }
        let handle = handles.withLock { $0.add(FileHandle(file, options: options, version: nil, by: caller.processID)) }
        return (entry(attributes), OpenReply(handle: handle, keepCache: false))
    }

    /// A new, empty file that only this mount knows; nil when the folder is not as it was.
    private func addFile(
        _ new: Node, _ path: [FileName], in parent: Inode, unlessChangedSince changes: Int?
    ) throws(Errno) -> (Attributes, OpenFile)? {
        guard let name = path.last else { throw Errno.invalidArgument }
        return tree.withLock { tree in
            guard tree.child(name, of: parent) == nil, tree[parent]?.changes == changes else { return nil }
            var node = new
            let inode = tree.freeInode(for: path)
            let file = OpenFile(new: inode)
            node.attributes.inode = inode
            node.file = file
            tree.insert(node, as: inode, name: name, in: parent)
            tree.noteUnstored(inode)
            tree.noteAdded(name, .regular, in: parent)
            tree.reference(inode)
            return (node.currentAttributes, file)
        }
    }

    package func release(_ handle: Handle) async {
        // It stays in the table until its last changes are stored, so that `drain` waits for them.
        guard let opened = handles.withLock({ $0.file(handle) }) else { return }
        opened.stopReading()
        await detach(opened.file, writing: opened.options.writes)
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
                // Before the tree is let go: else an upload that ends now would take the file for idle.
                file.retain(writing: writing)
                file.adopt(base)
                file.withLockedState { if $0.map.base == base { $0.appendPosition = node.appendPosition } }
                let isSame = node.lastOpened != nil && node.lastOpened == node.remote
                node.lastOpened = node.remote
                return (file, isSame)
            }
        }
        guard let attached else { throw Errno.stale }
        return attached
    }

    /// As `attach`, once nobody is taking the file away. What is gone then is stale: the kernel looks its name up again.
    private func attachSettled(_ inode: Inode, writing: Bool) async throws(Errno) -> (file: OpenFile, keepCache: Bool) {
        var attached = try attach(inode, writing: writing)
        while attached.file.isLeaving {
            await detach(attached.file, writing: writing)
            try await attached.file.sending.run {}
            guard tree.withLock({ $0.path(of: inode) }) != nil else { throw Errno.stale }
            let again = try attach(inode, writing: writing)
            attached = (again.file, attached.keepCache && again.keepCache)
        }
        return attached
    }

    /// The last one out stores what nobody has stored before: changes through a mapping arrive after close(2). That somebody is out is counted
    /// at once: who deletes the file next looks whether it is open.
    func detach(_ file: OpenFile, writing: Bool) async {
        guard file.releaseOne(writing: writing) else { return }
        // Not cancelled with the task: nobody repeats what would be lost here.
        if file.isChanged { await Task { await closeLast(file) }.value }
        dropIfIdle(file)
        tellKernel()
    }

    private func closeLast(_ file: OpenFile) async {
        guard file.withLockedState({ $0.recorded != $0.revision }) else { return queue.schedule(file, in: self) }
        let outcome = await settled { () async throws(Errno) in
            let waits = options.writesBack || !file.hasNewContent && options.attributeDelay > .zero
            guard waits, tree.withLock({ $0.path(of: file.inode) }) != nil else { return try await upload(file) }
            try await record(file)
            if file.hasNewContent { queue.schedule(file, in: self) } else { queue.scheduleAttributes(file, in: self) }
        }
        guard case .failure = outcome, !file.isOpen else { return }
        await setAside(file)
    }

    func describe(_ inode: Inode) -> String {
        tree.withLock { $0.path(of: inode) }.map { keys.file($0).description } ?? "a deleted file"
    }
}
