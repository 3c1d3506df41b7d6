internal import Content
package import FileSystemTypes
internal import Logging
internal import ObjectStorage
package import Staging
internal import Synchronization
internal import Uploads

/// Going on with what the mount before has left.
extension Volume {
    /// Finishes renames that were broken off, and takes up files whose changes are on the local disk only: they are seen as they were, and
    /// uploaded. To be called before anything else; fails when a rename can neither be finished nor be taken back, with the reason logged.
    package func resume(_ left: Recovered) async throws(Errno) {
        await resumeDeletions(left.intents)
        let recovered = try await settleMoves(left)
        await resumeFolders(recovered.intents)
        tellKept(recovered.files.filter(\.isSetAside))
        if let state { await UploadCleanup(store, state.journal, logger: logger).run(recovered) }
        for file in recovered.files {
            switch file.record.state {
            case .conflict, .failed: break
            case .writing, .closed, .uploading: await resume(file)
            }
        }
    }

    /// Few are made before anything else; many go on while the mount is used, and nobody sees their keys.
    private func resumeDeletions(_ intents: [Intent]) async {
        guard let deletions else { return }
        deletions.adopt(intents)
        if deletions.count <= store.limits.deleteBatch { try? await deletions.flush(.all) }
    }

    private func tellKept(_ files: [Recovered.File]) {
        guard let first = files.first?.record.key else { return }
        let names = files.count == 1 ? "\(first) is" : "\(first) and \(files.count - 1) more are"
        logger.warning("\(names) kept on the local disk and not in the store: see `windlass recover --list`")
    }

    private func resume(_ recovered: Recovered.File) async {
        guard let content = recovered.content else {
            await clear(recovered.record)
            return
        }
        do {
            let map = try ExtentMap(decoding: content.extents)
            if await isStored(recovered, map) {
                let staged = try? await state?.openFile(of: recovered.record.id, content)
                if await clear(recovered.record) { try? staged?.remove() }
                return
            }
            let staged = try await state?.openFile(of: recovered.record.id, content)
            try staged?.keepOnly(map.stagedRanges(in: ByteRange(offset: 0, count: map.size)))
            guard let file = await adopt(recovered.record, map, staged) else {
                staged?.park()
                let reason = "its name is another file's by now, or no path below this mount"
                logger.error("\(recovered.record.key) is kept on the local disk: \(reason); see `windlass recover --list`")
                return try await state?.journal.commit([.state(recovered.record.id, .failed(reason))]) ?? ()
            }
            await adoptUpload(recovered, in: file)
            logger.notice("\(recovered.record.key) was not stored before the mount ended; it is uploaded now")
            queue.schedule(file, in: self)
        } catch {
            // The record stays, and the bytes: nothing of them is uploaded as if it were whole.
            logger.error("\(recovered.record.key) was written before and cannot be read from the local disk: \(error)")
        }
    }

    /// The upload had been completed, and only the journal did not say so yet: the time of change, to the nanosecond, tells.
    private func isStored(_ recovered: Recovered.File, _ map: ExtentMap) async -> Bool {
        let metadata = recovered.record.attributes.metadata
        guard metadata["ctime"] != nil, let info = try? await head(recovered.record.key), info.size == map.size else { return false }
        if metadata.allSatisfy({ info.metadata[$0.key] == $0.value }) { return true }
        if let parts = CompletedUpload.etag(of: recovered, map), parts == info.etag, info.metadata["mtime"] == nil { return true }
        return await isCompleted(recovered, info)
    }

    /// What was sent while it was being written has no times of its own. But its upload is gone, and instead of what it was based on there is
    /// another object, of its size: an upload that was given up would have left the base.
    private func isCompleted(_ recovered: Recovered.File, _ info: ObjectInfo) async -> Bool {
        guard let upload = recovered.record.upload, info.metadata["mtime"] == nil else { return false }
        if case .existing(let etag, _) = recovered.record.base, etag == info.etag { return false }
        do throws(StoreError) {
            _ = try await store.listParts(upload)
            return false
        } catch {
            return error.reason == .noSuchUpload
        }
    }

    /// Nothing of it is to be stored any more: only its upload is to be ended.
    @discardableResult private func clear(_ record: FileRecord) async -> Bool {
        if let upload = record.upload {
            guard (try? await store.abortUpload(upload)) != nil else { return false }
        }
        return (try? await state?.journal.commit([.remove(record.id)])) != nil
    }

    /// The file under its name, as it was acknowledged; nil when its key has none here.
    private func adopt(_ record: FileRecord, _ map: ExtentMap, _ staged: StagedFile?) async -> OpenFile? {
        let below = ListRequest(prefix: Key(record.key.bytes + [UInt8(ascii: "/")]), maximumKeys: 1)
        let isBesideFolder = (try? await store.list(below))?.objects.isEmpty == false
        guard let path = keys.path(of: record.key, besideFolder: isBesideFolder), !path.isEmpty else { return nil }
        let stored = record.attributes
        var info = ObjectInfo(size: map.size, contentType: stored.contentType, metadata: stored.metadata, storageClass: stored.storageClass)
        info.headers = stored.headers
        return tree.withLock { tree in
            guard let parent = tree.folder(Array(path.dropLast()), options) else { return nil }
            guard let name = path.last, tree.child(name, of: parent) == nil else { return nil }
            let kind = info.kind(options)
            let inode = tree.add(kind, path: path, in: parent, options)
            tree.noteUnstored(inode)
            let file = OpenFile(inode: inode, base: nil)
            _ = tree.update(inode) { node in
                node.attributes = Attributes(inode, kind, info, options)
                node.describe(info, options)
                node.remote = map.base.map { RemoteVersion(etag: $0.etag, size: $0.size) }
                node.file = file
            }
            let times = tree[inode]?.attributes
            file.withLockedState { state in
                state.map = map
                state.staged = staged
                state.record = record.id
                (state.modified, state.changed) = (times?.modified ?? .now, times?.changed ?? .now)
                state.revision = OpenFile.Revision(content: 1, attributes: 1)
                state.recorded = state.revision
                state.hasExplicitTimes = true
            }
            return file
        }
    }

    /// Parts that the store has as they were recorded are not sent again.
    private func adoptUpload(_ recovered: Recovered.File, in file: OpenFile) async {
        guard let upload = recovered.record.upload else { return }
        let found = (try? await store.listParts(upload)) ?? []
        let stored = Dictionary(found.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        file.withLockedState { state in
            for part in recovered.parts where part.range.end <= state.map.size {
                state.map.beginPart(part.number, part.range)
                state.map.confirmPart(part.number, part.range, etag: part.etag)
            }
            for placed in state.map.wholeParts where stored[placed.part.number]?.etag != placed.part.etag {
                state.map.forgetPart(placed.part.number, placed.range)
            }
            guard !found.isEmpty else { return }
            state.stream.upload = upload
            state.openUpload = upload
            state.stream.attributes = recovered.record.attributes
            state.stream.hasFailed = true
        }
        if found.isEmpty { await abandon(upload, of: file) }
    }

    private func head(_ key: Key) async throws(StoreError) -> ObjectInfo? {
        do throws(StoreError) {
            return try await store.head(key, ReadConditions())
        } catch {
            guard error.reason == .noSuchKey else { throw error }
            return nil
        }
    }
}

extension Recovered.File {
    /// Another attempt is for the user to make.
    var isSetAside: Bool {
        switch record.state {
        case .conflict, .failed: true
        case .writing, .closed, .uploading: false
        }
    }
}

extension Tree {
    /// The folder of a path, made known with what is missing above it.
    fileprivate mutating func folder(_ path: [FileName], _ options: VolumeOptions) -> Inode? {
        var folder = Inode.root
        for count in path.indices {
            let part = Array(path[...count])
            guard let name = part.last else { return nil }
            if let known = child(name, of: folder) {
                guard self[known]?.kind == .directory else { return nil }
                folder = known
            } else {
                folder = add(.directory, path: part, in: folder, options)
            }
        }
        return folder
    }
}
