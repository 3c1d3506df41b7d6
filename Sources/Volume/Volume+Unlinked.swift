internal import Content
internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Staging
internal import Synchronization

/// Files whose name goes while they are open: their bytes are kept for those who have them open.
extension Volume {
    /// Brings what the file still needs of its object to the local disk, if somebody else has the file open. `sending` is held.
    func keepReadable(_ file: OpenFile, _ base: ObjectVersion) async throws(Errno) {
        guard file.withLockedState({ $0.handles > 1 }), base.size > 0 else { return }
        if file.withLockedState({ $0.staged == nil }) {
            let made = try await onState { (state) async throws(StateError) in try await state.makeFile() }
            file.withLockedState { $0.staged = $0.staged ?? made }
        }
        for range in ByteRange(offset: 0, count: base.size).pieces(of: options.partSize) { try await localize(range, of: base, file) }
        for handle in handles.withLock({ $0.handles(of: file) }) { handle.repin(from: base, to: base) }
    }

    private func localize(_ range: ByteRange, of base: ObjectVersion, _ file: OpenFile) async throws(Errno) {
        let wanted = file.withLockedState { state in
            state.map.extents(in: range.clamped(toSize: state.map.size)).filter { $0.isUnchanged(from: base) }.map(\.range)
        }
        for range in wanted {
            let bytes: Bytes
            do throws(StoreError) {
                bytes = try await store.get(base.key, range: range, ReadConditions(ifMatch: base.etag, version: base.version)).collect()
            } catch {
                // It is another version by now, or gone: then there is nothing to be kept.
                guard error.reason != .preconditionFailed, error.reason != .noSuchKey else { return }
                logger.error("\(error)")
                throw error.errno
            }
            try await put(bytes, at: range, of: base, file)
        }
    }

    private func put(_ bytes: Bytes, at range: ByteRange, of base: ObjectVersion, _ file: OpenFile) async throws(Errno) {
        try await file.gate.run { () async throws(Errno) in
            guard let staged = file.withLockedState({ $0.staged }) else { return }
            let offset: Int64
            do throws(StateError) {
                offset = try staged.append(bytes)
            } catch {
                throw error.errno
            }
            file.withLockedState { state in
                for extent in state.map.extents(in: range) where extent.isUnchanged(from: base) {
                    state.map.write(extent.range, at: offset + extent.range.offset - range.offset)
                }
            }
        }
    }
}
