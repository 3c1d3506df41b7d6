internal import Content
package import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

extension Volume {
    package func setAttributes(
        _ change: AttributeChange, of inode: Inode, handle: Handle?, for caller: Caller
    ) async throws(Errno) -> AttributeReply {
        try checkWritable()
        let known = try await attributes(of: inode, handle: handle).attributes
        if known.kind == .directory { return try await setFolderAttributes(change, of: inode) }
        let (file, _) = try attach(inode, writing: false)
        let outcome = await settled { () async throws(Errno) in try await apply(change, to: file) }
        await detach(file, writing: false)
        try outcome.get()
        return reply(try currentAttributes(of: inode))
    }

    /// Changes wait for the close of whoever writes the file; where nobody does, they are stored at once.
    private func apply(_ change: AttributeChange, to file: OpenFile) async throws(Errno) {
        let before = file.withLockedState { $0.stored == $0.revision }
        if let size = change.size, size != (try currentAttributes(of: file.inode).size) { try await truncate(file, to: size) }
        if change.touchesStored {
            tree.withLock { tree in
                _ = tree.update(file.inode) { node in node.attributes.apply(change) }
                file.withLockedState { $0.touchAttributes(change) }
            }
        }
        guard !handles.withLock({ $0.handles(of: file) }).contains(where: \.isWriting) else { return }
        do throws(Errno) {
            try await keep(file)
        } catch {
            if before { await forgetChanges(of: file) }
            throw error
        }
    }

    /// New content is stored as at close(2); attributes alone are kept on the local disk, and stored together with those that follow soon.
    private func keep(_ file: OpenFile) async throws(Errno) {
        guard file.isChanged else { return }
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

    /// A folder's attributes are those of its marker, which is made if there is none.
    private func setFolderAttributes(_ change: AttributeChange, of inode: Inode) async throws(Errno) -> AttributeReply {
        guard change.size == nil else { throw Errno.isDirectory }
        guard inode != .root else { throw Errno.notPermitted }
        let path = try path(of: inode)
        var node = try node(inode)
        node.attributes.apply(change)
        try await putMarker(path, node)
        let attributes = tree.withLock { tree in
            tree.update(inode) { known in
                known.attributes = node.attributes
                known.metadata = node.storedAttributes.metadata
                known.hasMarker = true
                known.validUntil = .now + options.metadataTTL
                return known.attributes
            }
        }
        guard let attributes else { throw Errno.stale }
        return reply(attributes)
    }

    func putMarker(_ path: [FileName], _ node: Node) async throws(Errno) {
        let attributes = node.storedAttributes
        _ = try await asking { () async throws(StoreError) in
            try await store.put(keys.folder(path), BytesSource(Bytes()), attributes, .always)
        }
    }
}

extension AttributeChange {
    /// Whether it changes something that is stored with the object, apart from the content.
    var touchesStored: Bool {
        permissions != nil || userID != nil || groupID != nil || modified != nil
    }
}

extension AttributeChange.Time {
    var timestamp: Timestamp {
        switch self {
        case .now: .now
        case .at(let time): time
        }
    }
}

extension Attributes {
    mutating func apply(_ change: AttributeChange) {
        if let permissions = change.permissions { self.permissions = permissions }
        if let userID = change.userID { self.userID = userID }
        if let groupID = change.groupID { self.groupID = groupID }
        if let time = change.modified { modified = time.timestamp }
        if let time = change.accessed { accessed = time.timestamp }
        changed = .now
    }
}

extension OpenFile.State {
    mutating func touchAttributes(_ change: AttributeChange) {
        revision.attributes += 1
        if let time = change.modified {
            modified = time.timestamp
            hasExplicitTimes = true
        }
    }
}
