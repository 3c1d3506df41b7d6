internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Staging
internal import Synchronization

/// Objects that go away while files still need bytes of them: the bytes are brought to the local disk before.
extension Volume {
    /// Runs `body`, which takes a file's object away. Who has the file open by then is counted, who opens it meanwhile waits: nobody is left with a
    /// handle that has nothing to read. `sending` is held.
    func takingAway(_ file: OpenFile?, _ body: () async throws(Errno) -> Void) async throws(Errno) {
        file?.withLockedState { $0.isLeaving = true }
        defer { file?.withLockedState { $0.isLeaving = false } }
        try await body()
    }

    /// Before the object of `version` is deleted or replaced: whoever has it open, or copied from it without having been stored since, keeps
    /// its bytes. `owner` is the file whose object it is; what its own commit stores needs no copy.
    func keepReadable(_ version: ObjectVersion, of owner: OpenFile?, isDeleted: Bool) async throws(Errno) {
        guard version.size > 0 else { return }
        if let owner, isDeleted, await isOpenElsewhere(owner) { try await localize(version, in: owner) }
        for file in changedFiles where file !== owner && file.uses(version.key) { try await localize(version, in: file) }
    }

    /// Whether anybody but the caller has the file open. What the kernel tells of the last close(2) may still wait for a thread here, so what seems to
    /// be closed is waited for. A handle that was written through since its last flush does not.
    private func isOpenElsewhere(_ file: OpenFile) async -> Bool {
        let end = ContinuousClock.now + options.longestRelease
        var pause = Duration.microseconds(100)
        while file.withLockedState({ $0.handles > 1 }) {
            let isInUse = handles.withLock { $0.handles(of: file) }.contains(where: \.isWriting)
            guard !isInUse, .now < end, (try? await Task.sleep(for: pause)) != nil else { return true }
            pause = min(pause * 2, .milliseconds(10))
        }
        return false
    }

    private func localize(_ version: ObjectVersion, in file: OpenFile) async throws(Errno) {
        if file.withLockedState({ $0.staged == nil }) {
            let made = try await onState { (state) async throws(StateError) in try await state.makeFile() }
            file.withLockedState { $0.staged = $0.staged ?? made }
        }
        while let extent = file.withLockedState({ $0.map.firstExtent(of: version, atMost: options.partSize) }) {
            guard case .remote(_, let offset) = extent.origin else { return }
            let range = ByteRange(offset: offset, count: extent.range.count)
            let bytes: Bytes
            do throws(StoreError) {
                let conditions = ReadConditions(ifMatch: version.etag, version: version.version)
                bytes = try await store.get(version.key, range: range, conditions).collect()
            } catch {
                // It is another version by now, or gone: then there is nothing to be kept.
                guard error.reason != .preconditionFailed, error.reason != .noSuchKey else { return }
                logger.error("\(error)")
                throw error.errno
            }
            guard try await put(bytes, in: file, at: extent) else { return }
        }
    }

    /// False when there is no room: whoever has the file open will find it stale.
    private func put(_ bytes: Bytes, in file: OpenFile, at extent: Extent) async throws(Errno) -> Bool {
        try await file.gate.run { () async throws(Errno) in
            guard let staged = file.withLockedState({ $0.staged }) else { return false }
            let offset: Int64
            do throws(StateError) {
                offset = try staged.append(bytes)
            } catch {
                logger.warning("\(describe(file.inode)) is removed while it is open, and its bytes cannot be kept: \(error)")
                return false
            }
            file.withLockedState { state in
                // What was written there meanwhile is newer.
                for found in state.map.extents(in: extent.range) {
                    let distance = found.range.offset - extent.range.offset
                    guard found.origin == extent.origin.advanced(by: distance) else { continue }
                    state.map.write(found.range, at: offset + distance)
                }
            }
            return true
        }
    }
}
