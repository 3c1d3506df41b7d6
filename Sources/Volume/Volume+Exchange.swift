internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import PosixMetadata
internal import Staging
internal import Synchronization

/// RENAME_EXCHANGE: two files, or two folders, change places. The store has no verb for that, so one of them has a hidden name in between
/// (`MoveDetail.hidden`). The journal has the intent first; from the second step on a crash is gone on with.
///
/// What is changed and not stored below the two names is stored before: its records could not tell old names from new ones.
extension Volume {
    func exchange(_ move: Move, _ kind: FileKind, _ other: FileKind?) async throws(Errno) {
        guard let target = move.target, let other else { throw Errno.noSuchFile }
        // rename(2) has EINVAL for flags that a file system cannot fulfil.
        guard (kind == .directory) == (other == .directory) else { throw .invalidArgument }
        for path in [move.oldPath, move.newPath] { try await moves.wait(for: path, orBelow: true) }
        for _ in 0..<Self.exchangeAttempts {
            try await storeChanges(below: [move.source, target])
            let under = try await names.alone { () async throws(Errno) -> MoveUnderWay? in
                guard changedFiles(below: [move.source, target]).isEmpty else { return nil }
                try await storeFolders(below: [move.source, target])
                return try await exchangeStored(resolvedAgain(move), target, isFolder: kind == .directory)
            }
            if let under { return await conclude(under) }
        }
        throw Errno.busy
    }

    private static var exchangeAttempts: Int { 20 }

    /// Files with changes, the two themselves included.
    private func changedFiles(below inodes: [Inode]) -> [OpenFile] {
        let files = changedFiles
        return tree.withLock { tree in
            let all = Set(inodes + inodes.flatMap { tree.descendants(of: $0) })
            return files.filter { all.contains($0.inode) }
        }
    }

    private func storeChanges(below inodes: [Inode]) async throws(Errno) {
        for file in changedFiles(below: inodes) { try await publish(file) }
    }

    private func exchangeStored(_ move: Move, _ target: Inode, isFolder: Bool) async throws(Errno) -> MoveUnderWay {
        guard !keys.isContinuation(move.oldPath), !keys.isContinuation(move.newPath) else { throw .notPermitted }
        guard !keys.isMarker(move.oldPath), !keys.isMarker(move.newPath) else { throw .crossDevice }
        let (one, two) = (MovePlace(place(move.oldPath, isFolder)), MovePlace(place(move.newPath, isFolder)))
        let kind: MoveDetail.Kind = store.capabilities.rename ? .nativeExchange : .exchange
        let under = try beginMove(one, two, paths: [move.oldPath, move.newPath], kind: kind)
        return try await carryOut(under) { (under) async throws(Errno) in
            try await checkLengths(under)
            try await record(under)
            let recording = under
            var reached = under.detail
            let outcome = await settledRequest { () async throws(StoreError) in
                try await self.exchangeRequests(recording) { reached = $0 }
            }
            under.detail = reached
            try await asking { () async throws(StoreError) in try outcome.get() }
            exchangeKnown(move.source, target, under)
        }
    }

    private func place(_ path: [FileName], _ isFolder: Bool) -> Key {
        isFolder ? keys.folder(path) : keys.file(path)
    }

    /// Each object must fit under the two names that it will have.
    private func checkLengths(_ under: MoveUnderWay) async throws(Errno) {
        let hidden = MovePlace(under.detail.hidden(below: options.prefix, isFolder: under.source.isFolder))
        for (place, others) in [(under.source, [under.target, hidden]), (under.target, [under.source])] {
            let objects = try await asking { () async throws(StoreError) in try await under.mover.contents(of: place) }
            for object in objects {
                guard others.allSatisfy({ place.moved(object.key, to: $0).bytes.count <= store.limits.key }) else { throw .nameTooLong }
            }
        }
    }

    private func exchangeRequests(
        _ under: MoveUnderWay, _ reached: (MoveDetail) -> Void
    ) async throws(StoreError) {
        let hidden = MovePlace(under.detail.hidden(below: options.prefix, isFolder: under.source.isFolder))
        if under.detail.kind == .nativeExchange {
            try await renameNatively(under.source.key, to: hidden.key)
        } else {
            _ = try await under.mover.copy(under.mover.contents(of: under.source), from: under.source, to: hidden)
        }
        var detail = under.detail
        detail.phase = 1
        try await recordPhase(of: under, detail, reached)
        _ = try await finishRequests(of: under.source, under.target, detail, under.mover) { (detail) async throws(StoreError) in
            try await self.recordPhase(of: under, detail, reached)
        }
    }

    private func recordPhase(of under: MoveUnderWay, _ detail: MoveDetail, _ reached: (MoveDetail) -> Void) async throws(StoreError) {
        // Whether it is recorded or not: what has begun is not taken back after this.
        reached(detail)
        var under = under
        under.detail = detail
        try await recordPhase(under.intent)
    }

    // MARK: From any phase on

    func finishExchange(
        _ one: MovePlace, _ two: MovePlace, _ detail: MoveDetail, _ mover: ObjectMover, _ record: (MoveDetail) async throws(StoreError) -> Void
    ) async throws(StoreError) -> Bool {
        let hidden = MovePlace(detail.hidden(below: options.prefix, isFolder: one.isFolder))
        guard detail.phase > 0 else {
            try await mover.delete(try await mover.contents(of: hidden).map(\.key))
            return false
        }
        var reached = detail
        if reached.phase == 1 {
            try await mover.mirror(two, to: one, original: hidden)
            reached.phase = 2
            try await record(reached)
        }
        if reached.phase == 2 {
            try await mover.mirror(hidden, to: two, original: one)
            reached.phase = 3
            try await record(reached)
        }
        try await mover.delete(try await mover.contents(of: hidden).map(\.key))
        return true
    }

    func finishNativeExchange(
        _ one: MovePlace, _ two: MovePlace, _ detail: MoveDetail, _ mover: ObjectMover, _ record: (MoveDetail) async throws(StoreError) -> Void
    ) async throws(StoreError) -> Bool {
        let hidden = MovePlace(detail.hidden(below: options.prefix, isFolder: one.isFolder))
        guard try await mover.isThere(hidden) else { return detail.phase > 0 }
        guard detail.phase > 0 else {
            try await renameNatively(hidden.key, to: one.key)
            return false
        }
        if try await !mover.isThere(one) { try await renameNatively(two.key, to: one.key) }
        try await renameNatively(hidden.key, to: two.key)
        return true
    }

    // MARK: What is known here

    private func exchangeKnown(_ one: Inode, _ other: Inode, _ under: MoveUnderWay) {
        let renamed = exchanging(under.source, under.target, under.detail, under.mover.ledger)
        tree.withLock { tree in
            tree.exchange(one, other)
            for inode in [one, other] {
                tree.refresh(below: inode, keys) { etag, key in
                    let old = under.source.contains(key) ? under.source.moved(key, to: under.target) : under.target.moved(key, to: under.source)
                    return renamed(ObjectVersion(key: old, etag: etag, size: 0))?.etag ?? etag
                }
            }
        }
        renameSources(renamed)
    }

    func exchanging(
        _ one: MovePlace, _ two: MovePlace, _ detail: MoveDetail, _ ledger: CopyLedger
    ) -> (ObjectVersion) -> ObjectVersion? {
        let hidden = MovePlace(detail.hidden(below: options.prefix, isFolder: one.isFolder))
        return { version in
            if two.contains(version.key) { return version.renamed(two.moved(version.key, to: one), ledger) }
            guard one.contains(version.key) else { return nil }
            return version.renamed(one.moved(version.key, to: hidden), ledger).renamed(one.moved(version.key, to: two), ledger)
        }
    }
}
