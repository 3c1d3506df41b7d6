internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import PosixMetadata
internal import Staging
internal import Synchronization

/// Renames of folders: one request where the store has that; else every object is copied, and what was copied is deleted.
///
/// The journal has the intent before the first copy and, before the first deletion, that everything is copied: until then a failure or a
/// crash takes the copies back, from then on it is gone on with. The names are held meanwhile (`MovesUnderWay`).
extension Volume {
    func renameFolder(_ unresolved: Move) async throws(Errno) {
        try await moves.wait(for: unresolved.oldPath, orBelow: true)
        let under = try await names.alone { () async throws(Errno) -> MoveUnderWay in
            let move = try resolvedAgain(unresolved)
            try await storeFolders(below: [move.source, move.target].compactMap(\.self))
            guard !keys.isContinuation(move.oldPath) else { throw .notPermitted }
            let (source, target) = (MovePlace(keys.folder(move.oldPath)), MovePlace(try keys.target(of: move.newPath).newFolder().prefix))
            if let known = move.target { try await checkEmpty(known, target.key) }
            let under = try beginMove(source, target, paths: [move.oldPath, move.newPath], kind: store.capabilities.rename ? .native : .copies)
            return try await carryOut(under) { (under) async throws(Errno) in
                if store.capabilities.rename {
                    try await moveNatively(move, &under)
                } else {
                    try await moveByCopies(move, &under)
                }
            }
        }
        await conclude(under)
    }

    private func moveByCopies(_ move: Move, _ under: inout MoveUnderWay) async throws(Errno) {
        let (mover, source, target) = (under.mover, under.source, under.target)
        let objects = try await asking { () async throws(StoreError) in try await mover.contents(of: source) }
        guard objects.allSatisfy({ source.moved($0.key, to: target).bytes.count <= store.limits.key }) else { throw Errno.nameTooLong }
        try await keepFolder(move.oldParent, without: source.key)
        if objects.first?.key == source.key { under.detail.replacedMarker = try marker(of: move.target) }
        try await record(under)
        moves.change(under.hold) { $0.total = 2 * objects.count }
        _ = try await asking { () async throws(StoreError) in try await mover.copy(objects, from: source, to: target) }
        try takeAway(move.target)
        under.detail.phase = 1
        try await record(under)
        moveKnown(move, under)
        if objects.isEmpty { try await putMarker(move.newPath, try node(move.source)) }
        try await asking { () async throws(StoreError) in try await mover.deleteCopied(objects, from: source, to: target) }
    }

    private func moveNatively(_ move: Move, _ under: inout MoveUnderWay) async throws(Errno) {
        let (source, target) = (under.source, under.target)
        try await keepFolder(move.oldParent, without: source.key)
        under.detail.replacedMarker = try marker(of: move.target)
        try await record(under)
        try takeAway(move.target)
        if move.target != nil { try await asking { () async throws(StoreError) in try await store.delete(target.key) } }
        let isThere = try await asking { () async throws(StoreError) -> Bool in
            do throws(StoreError) {
                try await renameNatively(source.key, to: target.key)
                return true
            } catch {
                // Nothing of it is in the store yet.
                guard error.reason == .noSuchKey else { throw error }
                return false
            }
        }
        under.detail.phase = 1
        moveKnown(move, under)
        if !isThere { try await putMarker(move.newPath, try node(move.source)) }
    }

    /// What the marker of the folder that is replaced says; nil where none is.
    private func marker(of target: Inode?) throws(Errno) -> ObjectAttributes? {
        guard let target else { return nil }
        let node = try node(target)
        return node.hasMarker ? node.storedAttributes(options) : nil
    }

    /// From here on nobody makes anything in the empty folder that is replaced.
    private func takeAway(_ target: Inode?) throws(Errno) {
        guard let target else { return }
        let isEmpty = tree.withLock { tree in
            guard tree.localChildren(of: target).isEmpty else { return false }
            tree.unlink(target)
            return true
        }
        guard isEmpty else { throw .notEmpty }
    }

    /// What is known of the folder, here, goes to the new name.
    private func moveKnown(_ move: Move, _ under: MoveUnderWay) {
        let (source, target, ledger) = (under.source, under.target, under.mover.ledger)
        tree.withLock { tree in
            tree.move(move.source, to: move.newName, in: move.newParent)
            tree.refresh(below: move.source, keys) { ledger.etag(of: $0, at: $1) }
        }
        renameSources { version in
            guard source.contains(version.key) else { return nil }
            return version.renamed(source.moved(version.key, to: target), ledger)
        }
    }
}
