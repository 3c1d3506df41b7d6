internal import Content
package import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import PosixMetadata
internal import Staging
internal import Synchronization

extension Volume {
    package func rename(
        _ name: FileName, in parent: Inode, to newName: FileName, in newParent: Inode, mode: RenameMode, for caller: Caller
    ) async throws(Errno) {
        try checkWritable()
        guard let source = try await entry(name, in: parent, referencing: true) else { throw Errno.noSuchFile }
        defer { forget(source.inode, count: 1) }
        let target = try await entry(newName, in: newParent, referencing: true)
        defer { if let target { forget(target.inode, count: 1) } }
        if let target {
            guard mode != .failIfExists else { throw Errno.exists }
            guard target.inode != source.inode else { return }
        }
        let move = Move(
            source: source.inode, oldParent: parent, newParent: newParent, oldName: name, newName: newName, target: target?.inode,
            oldPath: try path(of: source.inode), newPath: try path(of: newParent) + [newName])
        if mode == .exchange { return try await exchange(move, source.attributes.kind, target?.attributes.kind) }
        if let target { try checkKinds(source.attributes.kind, target.attributes.kind) }
        if source.attributes.kind == .directory { try await renameFolder(move) } else { try await renameFile(move) }
    }

    /// One rename, resolved.
    struct Move: Sendable {
        let source: Inode
        let oldParent: Inode
        let newParent: Inode
        let oldName: FileName
        let newName: FileName
        let target: Inode?
        var oldPath: [FileName]
        var newPath: [FileName]
    }

    /// The same once nobody else changes names: folders above may have been renamed meanwhile, and so may the file.
    func resolvedAgain(_ move: Move) throws(Errno) -> Move {
        var move = move
        let (isStill, target) = tree.withLock { tree in
            (tree.child(move.oldName, of: move.oldParent) == move.source, tree.child(move.newName, of: move.newParent))
        }
        guard isStill else { throw .noSuchFile }
        guard target == move.target || target == nil else { throw .busy }
        move.oldPath = try path(of: move.source)
        move.newPath = try path(of: move.newParent) + [move.newName]
        return move
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
                try await takingAway(files.first { $0.inode == move.target }) { () async throws(Errno) in
                    try await names.together { () async throws(Errno) in
                        let move = try resolvedAgain(move)
                        try await departing(keys.file(move.oldPath)) { () async throws(Errno) in try await moveFile(move) }
                    }
                }
                try await recordMoved(move)
            }
        }
        for file in files { await detach(file, writing: false) }
        try outcome.get()
    }

    /// Takes the gates one after the other, always in the order of inodes.
    func withGates(of files: ArraySlice<OpenFile>, _ body: () async throws(Errno) -> Void) async throws(Errno) {
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
        if store.capabilities.rename, try move.target.map({ target throws(Errno) in try node(target).remote }) ?? nil == nil {
            try await asking { () async throws(StoreError) in try await renameNatively(old, to: new) }
            return finish(move, (version, version))
        }
        let copied = try await asking { () async throws(StoreError) in
            do throws(StoreError) {
                let copied = try await copyLatest(version, from: old, to: new)
                try await deleteMoved(old, copiedTo: new, isReplacing: move.target != nil)
                return copied
            } catch {
                lookAgain(move)
                throw error
            }
        }
        finish(move, (version, copied))
    }

    /// What the copy has replaced cannot be brought back; where it has replaced nothing, it is taken back.
    private func deleteMoved(_ old: Key, copiedTo new: Key, isReplacing: Bool) async throws(StoreError) {
        do throws(StoreError) {
            try await store.delete(old)
        } catch {
            if !isReplacing, (try? await store.delete(new)) != nil { throw error }
            logger.error("\(old) was copied to \(new) and could not be deleted: there are two of it now, delete the one that is not wanted")
            throw error
        }
    }

    /// How far a rename has come that failed only the store knows.
    private func lookAgain(_ move: Move) {
        tree.withLock { tree in
            for inode in [move.source, move.target].compactMap(\.self) { _ = tree.update(inode) { $0.validUntil = nil } }
            for folder in [move.oldParent, move.newParent] { tree.listings.remove(folder) }
        }
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

    func finish(_ move: Move, _ versions: (old: RemoteVersion, new: RemoteVersion)?) {
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
    func recordAgain(_ files: [OpenFile]) async throws(Errno) {
        for file in files where file.withLockedState({ $0.recorded != nil }) {
            try await file.sending.run { () async throws(Errno) in
                guard file.isChanged else { return }
                try await acknowledge(file, .closed)
            }
        }
    }
}

extension Tree {
    mutating func repin(_ inode: Inode, from old: RemoteVersion, to new: RemoteVersion) {
        _ = update(inode) { node in
            if node.remote == old { node.remote = new }
            if node.lastOpened == old { node.lastOpened = new }
        }
    }
}
