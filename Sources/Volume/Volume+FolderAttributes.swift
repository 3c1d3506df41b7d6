internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import PosixMetadata
internal import Staging
internal import Synchronization
internal import Uploads

/// Attributes of folders: those of their markers, which are made where there are none. Those of the top of the mount last as long as the mount.
extension Volume {
    func changeFolder(_ inode: Inode, _ body: (inout Node) throws(Errno) -> Void) async throws(Errno) {
        let isNew = try await markerGate(of: inode).run { () async throws(Errno) in
            try await names.together { () async throws(Errno) in
                var node = try node(inode)
                try body(&node)
                node.attributes.changed = .now
                try checkFits(node)
                let path = try path(of: inode)
                guard !keys.isContinuation(path) else { throw .notPermitted }
                let isNew = inode == .root ? false : try await keep(node, of: inode, at: path)
                takeUp(node, of: inode, isPending: folders.intent(of: inode) != nil)
                return isNew
            }
        }
        if isNew { storeLater(inode, after: max(options.attributeDelay, options.writeBackDelay), retry: UploadQueue.firstRetry) }
    }

    /// Records a change, or stores it at once. True when it is the first of several that will be stored together.
    private func keep(_ node: Node, of inode: Inode, at path: [FileName]) async throws(Errno) -> Bool {
        guard options.attributeDelay > .zero, !queue.isDraining else {
            try await putMarker(path, node)
            return false
        }
        return try await onState { (state) async throws(StateError) in
            let id = folders.intent(of: inode) ?? state.journal.newNoteID()
            let intent = Intent(id: id, action: .setAttributes(keys.folder(path), node.storedAttributes(options)))
            try await state.journal.commit([.putIntent(intent)])
            return folders.note(inode, id)
        }
    }

    private func takeUp(_ node: Node, of inode: Inode, isPending: Bool) {
        tree.withLock { tree in
            _ = tree.update(inode) { known in
                (known.attributes, known.touched) = (node.attributes, node.touched)
                known.extendedAttributes = node.extendedAttributes
                (known.contentType, known.headers) = (node.contentType, node.headers)
                known.metadata = node.storedAttributes(options).metadata
                known.hasMarker = known.hasMarker || !isPending
                known.isMarkerPending = isPending
                known.validUntil = .now + options.metadataTTL
            }
        }
    }

    func markerGate(of inode: Inode) throws(Errno) -> SerialGate {
        let gate = tree.withLock { tree in
            tree.update(inode) { node in
                let gate = node.markerGate ?? SerialGate()
                node.markerGate = gate
                return gate
            }
        }
        guard let gate else { throw Errno.stale }
        return gate
    }

    // MARK: Storing

    private func storeLater(_ inode: Inode, after delay: Duration, retry: Duration) {
        Task { [self] in
            guard await folders.pause(inode, delay), !queue.isDraining else { return }
            do throws(Errno) {
                try await storeFolder(inode)
            } catch {
                guard await isWorthRetrying(inode, error) else { return }
                storeLater(inode, after: retry, retry: min(retry * 2, UploadQueue.longestRetry))
            }
        }
    }

    /// Stores what waits of one folder, if anything does.
    func storeFolder(_ inode: Inode) async throws(Errno) {
        guard folders.intent(of: inode) != nil else { return }
        try await markerGate(of: inode).runUncancelled { () async throws(Errno) in
            try await names.together { () async throws(Errno) in try await storeHeldFolder(inode) }
        }
    }

    /// Before folders get other names: what waits of them and below them is for the old ones. `names` is held alone.
    func storeFolders(below tops: [Inode]) async throws(Errno) {
        let waiting = folders.inodes
        guard !waiting.isEmpty else { return }
        let all = tree.withLock { tree in Set(tops + tops.flatMap { tree.descendants(of: $0) }) }
        for inode in waiting where all.contains(inode) { try await storeHeldFolder(inode) }
    }

    private func storeHeldFolder(_ inode: Inode) async throws(Errno) {
        guard folders.intent(of: inode) != nil else { return }
        await forgetFolderChange(of: inode, isStored: try await storeMarker(of: inode))
    }

    /// False where the folder is gone, by another client's hand perhaps: then it is not made anew.
    private func storeMarker(of inode: Inode) async throws(Errno) -> Bool {
        guard let path = tree.withLock({ $0.path(of: inode) }) else { return false }
        let (key, attributes) = (keys.folder(path), try node(inode).storedAttributes(options))
        defer { forgetMetadata(of: key) }
        return try await asking { () async throws(StoreError) in try await FolderMarker.set(attributes, of: key, in: store) }
    }

    /// Nothing of it is to be stored any more.
    func forgetFolderChange(of inode: Inode, isStored: Bool) async {
        guard let intent = folders.intent(of: inode) else { return }
        // A change that stays intended is made once more by the next mount.
        try? await state?.journal.commit([.removeIntent(intent)])
        folders.remove(inode)
        tree.withLock { tree in
            _ = tree.update(inode) { node in
                node.isMarkerPending = false
                node.hasMarker = node.hasMarker || isStored
                node.stores += 1
                node.validUntil = isStored ? .now + options.metadataTTL : nil
            }
            tree.dropIfUnused(inode)
        }
    }

    /// What the store refuses for good is given up.
    private func isWorthRetrying(_ inode: Inode, _ error: Errno) async -> Bool {
        guard [.accessDenied, .notPermitted, .invalidArgument, .noSpace, .nameTooLong, .stale, .notSupported].contains(error) else { return true }
        logger.error("\(describe(inode)): its new attributes could not be stored and are lost: \(error)")
        await forgetFolderChange(of: inode, isStored: false)
        return false
    }

    /// At the end of the mount.
    func drainFolders() async -> (key: String, reason: String, isStoreAway: Bool)? {
        folders.hurry()
        var last: (key: String, reason: String, isStoreAway: Bool)?
        for inode in folders.inodes where last?.isStoreAway != true && !Task.isCancelled {
            do throws(Errno) {
                try await storeFolder(inode)
            } catch {
                guard await isWorthRetrying(inode, error) else { continue }
                last = (describe(inode), "its attributes are not stored (\(error)): the next mount stores them", true)
            }
        }
        return last
    }

    // MARK: After a crash

    /// Stores what the mount before has acknowledged of folders that are still there.
    func resumeFolders(_ intents: [Intent]) async {
        let left = intents.compactMap { intent -> (id: Int64, key: Key, attributes: ObjectAttributes)? in
            guard case .setAttributes(let key, let attributes) = intent.action else { return nil }
            return (intent.id, key, attributes)
        }
        _ = try? await inParallel(left, Semaphore(options.transfers)) { (change) async throws(StoreError) in
            let outcome = await settledRequest { () async throws(StoreError) in
                try await FolderMarker.set(change.attributes, of: change.key, in: self.store)
            }
            switch outcome {
            case .success: try? await self.state?.journal.commit([.removeIntent(change.id)])
            case .failure(let error):
                self.logger.error("the attributes of \(change.key) could not be stored yet; the next mount tries again: \(error)")
            }
        }
    }
}
