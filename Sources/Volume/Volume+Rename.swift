internal import Content
package import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata
internal import Staging
internal import Synchronization

extension Volume {
    package func rename(
        _ name: FileName, in parent: Inode, to newName: FileName, in newParent: Inode, mode: RenameMode, for caller: Caller
    ) async throws(Errno) {
        try checkWritable()
        guard mode != .exchange else { throw Errno.invalidArgument }
        guard let source = try await entry(name, in: parent, referencing: true) else { throw Errno.noSuchFile }
        defer { forget(source.inode, count: 1) }
        let target = try await entry(newName, in: newParent, referencing: true)
        defer { if let target { forget(target.inode, count: 1) } }
        if let target {
            guard mode != .failIfExists else { throw Errno.exists }
            guard target.inode != source.inode else { return }
            try checkKinds(source.attributes.kind, target.attributes.kind)
        }
        let move = Move(
            source: source.inode, oldParent: parent, newParent: newParent, newName: newName, target: target?.inode,
            oldPath: try path(of: source.inode), newPath: try path(of: newParent) + [newName])
        if source.attributes.kind == .directory {
            try await names.alone { () async throws(Errno) in try await renameFolder(move) }
            try await recordAgain(changedFiles)
        } else {
            try await renameFile(move)
        }
    }

    /// One rename, resolved.
    private struct Move {
        let source: Inode
        let oldParent: Inode
        let newParent: Inode
        let newName: FileName
        let target: Inode?
        let oldPath: [FileName]
        let newPath: [FileName]
    }

    private func checkKinds(_ source: FileKind, _ target: FileKind) throws(Errno) {
        switch (source == .directory, target == .directory) {
        case (true, false): throw Errno.notDirectory
        case (false, true): throw Errno.isDirectory
        default: break
        }
    }

    // MARK: Files

    private func renameFile(_ move: Move) async throws(Errno) {
        _ = try keys.target(of: move.newPath).newObject()
        // It would leave the folder without a marker.
        guard !keys.isMarker(move.oldPath) else { throw Errno.crossDevice }
        let inodes = [move.source, move.target].compactMap(\.self).sorted { $0.rawValue < $1.rawValue }
        var files: [OpenFile] = []
        for inode in inodes { files.append(try attach(inode, writing: false).file) }
        let outcome = await settled { () async throws(Errno) in
            try await withGates(of: files[...]) { () async throws(Errno) in
                try await storeBefore(move, files)
                try await names.together { () async throws(Errno) in try await moveFile(move) }
                try await recordMoved(move)
            }
        }
        for file in files { await detach(file, writing: false) }
        try outcome.get()
    }

    /// Takes the gates one after the other, always in the order of inodes.
    private func withGates(of files: ArraySlice<OpenFile>, _ body: () async throws(Errno) -> Void) async throws(Errno) {
        guard let first = files.first else { return try await body() }
        try await first.sending.run { () async throws(Errno) in try await withGates(of: files.dropFirst(), body) }
    }

    /// Where the store moves an object, it must have all that was acknowledged of it and of what it replaces: the journal could not tell what
    /// a crash between the copy and its next commit has left.
    private func storeBefore(_ move: Move, _ files: [OpenFile]) async throws(Errno) {
        guard try node(move.source).remote != nil else { return }
        for file in files where file.withLockedState({ $0.recorded != nil }) { try await commit(file) }
    }

    /// A file that the store does not have takes its new name, and the place of the other file, in one commit of the journal.
    private func recordMoved(_ move: Move) async throws(Errno) {
        guard let file = tree.withLock({ $0[move.source]?.file }), file.isChanged else { return }
        let replaced = try move.target.map { target throws(Errno) in try node(target).file } ?? nil
        try await recordMoved(file, insteadOf: replaced?.withLockedState { $0.forgetRecord() } ?? nil)
    }

    private func moveFile(_ move: Move) async throws(Errno) {
        if let target = move.target, let file = try node(target).file, let base = file.base {
            try await keepReadable(base, of: file, isDeleted: true)
        }
        guard let version = try node(move.source).remote else { return try moveUnstored(move) }
        let (old, new) = (keys.file(move.oldPath), keys.file(move.newPath))
        try await keepFolder(move.oldParent, without: old)
        let copied = try await asking { () async throws(StoreError) in
            let copied = try await copyLatest(version, from: old, to: new)
            do throws(StoreError) {
                try await store.delete(old)
            } catch {
                if move.target == nil { try? await store.delete(new) }
                throw error
            }
            return copied
        }
        finish(move, (version, copied))
    }

    /// The source may have been written by somebody else since it was looked up: then that is what moves.
    private func copyLatest(_ version: RemoteVersion, from old: Key, to new: Key) async throws(StoreError) -> RemoteVersion {
        do throws(StoreError) {
            return try await copier.copy(version, from: old, to: new, replacing: nil)
        } catch {
            guard error.reason == .preconditionFailed else { throw error }
            let info = try await store.head(old, ReadConditions())
            return try await copier.copy(RemoteVersion(etag: info.etag, size: info.size), from: old, to: new, replacing: nil)
        }
    }

    /// The store does not have it yet: it goes to its new name with its upload, in the place of what is there.
    private func moveUnstored(_ move: Move) throws(Errno) {
        let replaced = try move.target.map { target throws(Errno) in try node(target).remote } ?? nil
        let new = keys.file(move.newPath)
        finish(move, nil)
        let file = tree.withLock { tree in
            _ = tree.update(move.source) { node in
                node.remote = replaced
                // The type was only guessed, from the name that it had for a while.
                node.contentType = ContentType.guess(.regular, name: move.newName)
            }
            return tree[move.source]?.file
        }
        file?.withLockedState { state in
            state.map.replaceBase(replaced.map { ObjectVersion(key: new, etag: $0.etag, size: $0.size) })
        }
    }

    private func finish(_ move: Move, _ versions: (old: RemoteVersion, new: RemoteVersion)?) {
        let file = tree.withLock { tree in
            if let target = move.target { tree.unlink(target) }
            tree.move(move.source, to: move.newName, in: move.newParent)
            if let versions { tree.repin(move.source, from: versions.old, to: versions.new) }
            return tree[move.source]?.file
        }
        guard let versions else { return }
        let old = ObjectVersion(key: keys.file(move.oldPath), etag: versions.old.etag, size: versions.old.size)
        let new = ObjectVersion(key: keys.file(move.newPath), etag: versions.new.etag, size: versions.new.size)
        repin(file, from: old, to: new)
    }

    /// Whoever reads or builds on the object that has moved goes on with it under its new key.
    private func repin(_ file: OpenFile?, from old: ObjectVersion, to new: ObjectVersion) {
        if let file { replaceSource(old, with: new, in: file) }
        for other in changedFiles where other !== file { other.replaceSource(old, with: new) }
    }

    /// Records say which key a file is for.
    private func recordAgain(_ files: [OpenFile]) async throws(Errno) {
        for file in files where file.withLockedState({ $0.recorded != nil }) {
            try await file.sending.run { () async throws(Errno) in
                guard file.isChanged else { return }
                try await acknowledge(file, .closed)
            }
        }
    }

    // MARK: Folders

    private func renameFolder(_ move: Move) async throws(Errno) {
        guard !keys.isContinuation(move.oldPath) else { throw Errno.notPermitted }
        let (old, new) = (keys.folder(move.oldPath), try keys.target(of: move.newPath).newFolder().prefix)
        if let target = move.target { try await checkEmpty(target, new) }
        let objects = try await asking { () async throws(StoreError) in try await everything(below: old) }
        @Sendable func moved(_ key: Key) -> Key { Key(new.bytes + key.bytes.dropFirst(old.bytes.count)) }
        guard objects.allSatisfy({ moved($0.key).bytes.count <= store.limits.key }) else { throw Errno.nameTooLong }
        try await keepFolder(move.oldParent, without: old)
        if objects.isEmpty { try await putMarker(move.newPath, try node(move.source)) }
        let copied = try await asking { () async throws(StoreError) in
            try await copyAll(objects, to: moved)
        }
        try await asking { () async throws(StoreError) in try await deleteAll(objects.reversed().map(\.key)) }
        finish(move, nil)
        for (object, version) in zip(objects, copied) { adopt(version, of: object, below: move, old, new) }
        tree.withLock { tree in
            for inode in tree.descendants(of: move.source) {
                _ = tree.update(inode) { $0.validUntil = nil }
            }
        }
    }

    private func everything(below folder: Key) async throws(StoreError) -> [ListedObject] {
        var pager = ListPager(store, ListRequest(prefix: folder))
        var objects: [ListedObject] = []
        while let page = try await pager.next() { objects += page.objects }
        return objects
    }

    /// When one copy fails, the copies made so far are taken back: the source is whole, and the target as it was.
    private func copyAll(_ objects: [ListedObject], to moved: @escaping @Sendable (Key) -> Key) async throws(StoreError) -> [RemoteVersion] {
        do throws(StoreError) {
            return try await inParallel(objects, Semaphore(options.transfers)) { (object) async throws(StoreError) in
                try await self.copyObject(object, to: moved(object.key))
            }
        } catch {
            await Task { [self] in try? await deleteAll(objects.reversed().map { moved($0.key) }) }.value
            throw error
        }
    }

    /// Stores that keep folders as folders list a marker but have nothing to copy: there it is made anew.
    private func copyObject(_ object: ListedObject, to destination: Key) async throws(StoreError) -> RemoteVersion {
        let version = RemoteVersion(etag: object.etag, size: object.size)
        do throws(StoreError) {
            return try await copier.copy(version, from: object.key, to: destination, replacing: nil)
        } catch {
            guard error.reason == .noSuchKey, object.size == 0, object.key.bytes.last == UInt8(ascii: "/") else { throw error }
            let info = try await store.head(object.key, ReadConditions())
            let attributes = ObjectAttributes(of: info)
            let receipt = try await store.put(destination, BytesSource(Bytes()), attributes, .always)
            return RemoteVersion(etag: receipt.etag, size: 0)
        }
    }

    /// In the order given: what lies in a folder before its marker, or stores that keep real folders refuse to remove it.
    private func deleteAll(_ keys: [Key]) async throws(StoreError) {
        for start in stride(from: 0, to: keys.count, by: store.limits.deleteBatch) {
            let batch = Array(keys[start..<min(start + store.limits.deleteBatch, keys.count)])
            if let failed = try await store.delete(batch).values.first { throw failed }
        }
    }

    /// Files that are open below a moved folder go on reading the same bytes under their new key.
    private func adopt(_ version: RemoteVersion, of object: ListedObject, below move: Move, _ old: Key, _ new: Key) {
        let (plain, escaped) = (keys.path(of: object.key, besideFolder: false), keys.path(of: object.key, besideFolder: true))
        let before = RemoteVersion(etag: object.etag, size: object.size)
        let file = tree.withLock { tree -> OpenFile? in
            let found = [plain, escaped].compactMap { path in path.flatMap { tree.file(at: $0.dropFirst(move.oldPath.count), below: move.source) } }
            guard let inode = found.first else { return nil }
            tree.repin(inode, from: before, to: version)
            return tree[inode]?.file
        }
        let new = Key(new.bytes + object.key.bytes.dropFirst(old.bytes.count))
        repin(
            file, from: ObjectVersion(key: object.key, etag: before.etag, size: before.size),
            to: ObjectVersion(key: new, etag: version.etag, size: version.size))
    }
}

extension Tree {
    /// The file that is known under a path below a folder.
    fileprivate func file(at path: ArraySlice<FileName>, below folder: Inode) -> Inode? {
        var inode = folder
        for name in path {
            guard let child = child(name, of: inode) else { return nil }
            inode = child
        }
        return self[inode]?.kind == .directory ? nil : inode
    }

    mutating func repin(_ inode: Inode, from old: RemoteVersion, to new: RemoteVersion) {
        _ = update(inode) { node in
            if node.remote == old { node.remote = new }
            if node.lastOpened == old { node.lastOpened = new }
        }
    }
}
