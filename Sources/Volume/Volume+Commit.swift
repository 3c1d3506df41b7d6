internal import FileSystemTypes
internal import ObjectStorage
internal import Staging
internal import Synchronization

/// Bringing changed files to the store. The file's gate is held in all of this.
extension Volume {
    /// Stores new content and attributes of a file; nothing when there are none, or when its name is gone.
    func commit(_ file: OpenFile) async throws(Errno) {
        guard file.isChanged else { return }
        try await names.together { () async throws(Errno) in
            guard let path = tree.withLock({ $0.path(of: file.inode) }) else {
                file.withLockedState { ($0.hasNewContent, $0.hasNewAttributes) = (false, false) }
                return
            }
            let node = try node(file.inode)
            let stored = try await asking { () async throws(StoreError) in try await send(file, node, to: keys.file(path)) }
            settle(file, stored)
        }
    }

    private func send(_ file: OpenFile, _ node: Node, to key: Key) async throws(StoreError) -> RemoteVersion {
        let (content, size, isNew) = file.withLockedState { ($0.staging, $0.size, $0.hasNewContent) }
        let attributes = node.storedAttributes
        if isNew, let content {
            return try await ObjectWriter(store, partSize: options.partSize, limiter: uploads)
                .write(size, bytes: content.source, to: key, attributes)
        }
        guard let version = node.remote else { throw StoreError(.preconditionFailed, "\(key) has no content to keep") }
        let copier = ObjectCopier(store, limiter: uploads)
        return try await copier.copy(version, from: key, to: key, replacing: attributes)
    }

    /// The store has everything.
    private func settle(_ file: OpenFile, _ version: RemoteVersion) {
        tree.withLock { tree in
            _ = tree.update(file.inode) { node in
                node.attributes = node.currentAttributes
                node.metadata = node.storedAttributes.metadata
                node.remote = version
                node.lastOpened = version
                node.validUntil = .now + options.metadataTTL
            }
            tree.noteStored(file.inode)
            file.withLockedState { state in
                state.base = version
                state.hasNewContent = false
                state.hasNewAttributes = false
            }
        }
    }
}

extension Node {
    /// What goes to the store with the bytes: ours, and whatever else was there.
    var storedAttributes: ObjectAttributes {
        let metadata = currentAttributes.stored.merged(into: metadata, kind: kind)
        return ObjectAttributes(contentType: contentType ?? (kind == .directory ? "application/x-directory" : nil), metadata: metadata)
    }
}
