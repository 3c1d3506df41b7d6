internal import Content
package import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

extension Volume {
    package func setAttributes(
        _ change: AttributeChange, of inode: Inode, handle: Handle?, for caller: Caller
    ) async throws(Errno) -> AttributeReply {
        try checkWritable()
        let known = try await attributes(of: inode, handle: handle).attributes
        if known.kind == .directory, change.size != nil { throw Errno.isDirectory }
        if let size = change.size, size != known.size { try await resize(inode, to: size, change, caller) }
        guard options.keepsAttributes else {
            try checkKept(change, known)
            return reply(try currentAttributes(of: inode))
        }
        let caller = caller.resolved
        if try changesStored(change, of: inode, caller) {
            try await self.change(inode, times: change.modified) { (node) throws(Errno) in node.apply(change, by: caller) }
        }
        return reply(try currentAttributes(of: inode))
    }

    private func resize(_ inode: Inode, to size: Int64, _ change: AttributeChange, _ caller: Caller) async throws(Errno) {
        try await changeFile(inode) { (file) async throws(Errno) in try await truncate(file, to: size) }
    }

    /// Whether there is anything to be stored, apart from the content.
    private func changesStored(_ change: AttributeChange, of inode: Inode, _ caller: Caller) throws(Errno) -> Bool {
        if change.permissions != nil || change.userID != nil || change.groupID != nil { return true }
        if change.modified != nil || change.accessed != nil { return true }
        var node = try node(inode)
        let before = node.attributes.permissions
        node.apply(change, by: caller)
        guard node.attributes.permissions != before else { return false }
        // The kernel asks in the same words for a write by whoever may write, and for a chown(2) that names nobody by whoever is not the owner.
        let isWritten = node.file.map { file in handles.withLock { $0.handles(of: file) }.contains(where: \.options.writes) } ?? false
        let mayClear = caller.isPrivileged || caller.userID == node.attributes.userID || isWritten
        guard !change.isEmpty || mayClear else { throw Errno.notPermitted }
        return true
    }

    /// `--posix=off`: what is so already succeeds, the times of now included.
    private func checkKept(_ change: AttributeChange, _ known: Attributes) throws(Errno) {
        let isSame =
            change.permissions ?? known.permissions == known.permissions && change.userID ?? known.userID == known.userID
            && change.groupID ?? known.groupID == known.groupID
        let setsTimes = [change.accessed, change.modified].contains { time in
            if case .at = time { true } else { false }
        }
        guard isSame, !setsTimes else { throw Errno.notPermitted }
    }

    // MARK: Any change of what is stored beside the content

    /// Changes attributes, extended ones among them, and keeps the change. `times`: those of the content are among them.
    ///
    /// Fails with ENOSPC when the object's metadata would be more than the store takes; nothing is changed then.
    func change(
        _ inode: Inode, times: AttributeChange.Time? = nil, _ body: (inout Node) throws(Errno) -> Void
    ) async throws(Errno) {
        guard try node(inode).kind != .directory else { return try await changeFolder(inode, body) }
        try await changeFile(inode) { (file) async throws(Errno) in
            try changed(inode, marking: file, times, body)
        }
    }

    private func changed(
        _ inode: Inode, marking file: OpenFile, _ times: AttributeChange.Time?, _ body: (inout Node) throws(Errno) -> Void
    ) throws(Errno) {
        try tree.withLock { tree throws(Errno) in
            guard var node = tree[inode] else { throw .stale }
            try body(&node)
            node.attributes.changed = .now
            try checkFits(node)
            let modified = node.attributes.modified
            _ = tree.update(inode) { $0 = node }
            file.withLockedState { state in
                state.revision.attributes += 1
                guard times != nil else { return }
                state.modified = modified
                state.hasExplicitTimes = true
            }
        }
    }

    /// What others have stored that could not be sent again is not this change's fault.
    func checkFits(_ node: Node) throws(Errno) {
        do throws(Errno) {
            try StoredMetadata.check(node.storedAttributes(options).metadata, maximumBytes: store.limits.metadata)
        } catch {
            if error == .noSpace { throw error }
        }
    }

    /// Changes wait for the close of whoever writes the file; where nobody does, they are stored at once or soon.
    private func changeFile(_ inode: Inode, _ body: (OpenFile) async throws(Errno) -> Void) async throws(Errno) {
        let (file, _) = try attach(inode, writing: false)
        let outcome = await settled { () async throws(Errno) in
            let before = file.withLockedState { $0.stored == $0.revision }
            try await body(file)
            guard !handles.withLock({ $0.handles(of: file) }).contains(where: \.isWriting) else { return }
            do throws(Errno) {
                try await keep(file)
            } catch {
                if before { await forgetChanges(of: file) }
                throw error
            }
        }
        await detach(file, writing: false)
        try outcome.get()
    }

    /// New content is stored as at close(2); attributes alone are kept on the local disk, and stored together with those that follow soon.
    private func keep(_ file: OpenFile) async throws(Errno) {
        guard file.isChanged, tree.withLock({ $0[file.inode]?.isUnlinked == false }) else { return }
        guard !file.hasNewContent, options.attributeDelay > .zero else { return try await close(file) }
        try await record(file)
        queue.scheduleAttributes(file, in: self)
    }

    /// An error was returned: nothing of the change may be seen or stored later.
    private func forgetChanges(of file: OpenFile) async {
        await dropStream(file)
        await removeRecord(of: file)
        tree.withLock { tree in
            _ = tree.update(file.inode) { $0.validUntil = nil }
            file.withLockedState { state in
                guard let base = state.map.base else { return }
                state.map = ExtentMap(base: base)
                state.stored = state.revision
                state.staged = nil
            }
        }
    }

    // MARK: Folders

    func putMarker(_ path: [FileName], _ node: Node) async throws(Errno) {
        let (key, attributes) = (keys.folder(path), node.storedAttributes(options))
        defer { forgetMetadata(of: key) }
        try await asking { () async throws(StoreError) in
            if let content = node.markerContent {
                _ = try await copier.copy(content, from: key, to: key, replacing: attributes)
            } else {
                _ = try await store.put(key, BytesSource(Bytes()), attributes, .always)
            }
        }
    }
}
