internal import Content
internal import FileSystemTypes
internal import ObjectStorage
internal import Staging

/// Edits of the content. The gate is held; writing blocks on the local disk.
extension OpenFile {
    /// Why an edit has to wait for something first.
    enum Obstacle: Error {
        /// There is no staging file yet.
        case notStaged
        /// It touches bytes that only a part of the running upload has.
        case onlyInPart
        /// Staging has no room.
        case full(StateError)
        case failed(Errno)
    }

    func write(_ bytes: RawSpan, at offset: Int64) throws(Obstacle) {
        let range = ByteRange(offset: offset, count: Int64(bytes.byteCount))
        guard !range.isEmpty else { return }
        let (staged, place) = try withCheckedState(range) { state -> (StagedFile?, Int64?) in (state.staged, state.replaceable(range)) }
        guard let staged else { throw .notStaged }
        do throws(StateError) {
            if let place {
                try staged.overwrite(bytes, at: place)
                noteWritten(range, at: nil)
            } else {
                noteWritten(range, at: try staged.append(bytes))
            }
        } catch {
            throw error.reason == .full ? .full(error) : .failed(error.errno)
        }
    }

    private func noteWritten(_ range: ByteRange, at offset: Int64?) {
        withLockedState { state in
            if let offset {
                state.garbage += state.map.stagedRanges(in: range)
                state.map.write(range, at: offset)
            }
            state.stream.wrote(range)
            state.touchContent()
        }
    }

    func truncate(to size: Int64) throws(Obstacle) {
        let old = withLockedState { $0.map.size }
        let cut = ByteRange(offset: min(size, old), count: max(0, old - size))
        try withCheckedState(size == 0 ? ByteRange(offset: 0, count: 0) : cut) { state in
            state.garbage += state.map.stagedRanges(in: cut)
            state.map.truncate(to: size)
            state.stream.truncated(to: size)
            state.touchContent()
        }
    }

    /// Zeros in `range`; the file does not grow unless `growing`.
    func clear(_ range: ByteRange, growing: Bool) throws(Obstacle) {
        try withCheckedState(range) { state in
            state.garbage += state.map.stagedRanges(in: range)
            if growing { state.map.zero(range) } else { state.map.punch(range) }
            state.touchContent()
        }
    }

    /// Bytes of objects and holes of another map, or this one, by reference.
    func copy(_ range: ByteRange, of map: ExtentMap, to offset: Int64) throws(Obstacle) {
        let place = ByteRange(offset: offset, count: range.count)
        let outcome = try withCheckedState(place) { state -> Result<Void, Errno> in
            state.garbage += state.map.stagedRanges(in: place)
            do throws(BytesOnlyInPart) {
                _ = try state.map.copyRange(range, of: map, to: offset, stagingAt: 0)
            } catch {
                return .failure(.inputOutput)
            }
            state.touchContent()
            return .success(())
        }
        if case .failure(let errno) = outcome { throw .failed(errno) }
    }

    private func withCheckedState<Value>(_ range: ByteRange, _ body: (inout State) -> Value) throws(Obstacle) -> Value {
        let value = withLockedState { state in state.map.isOnlyInPart(range) ? nil : body(&state) }
        guard let value else { throw .onlyInPart }
        return value
    }

    /// What a read of `range` has to put together; nil while the content is that of the base, which each handle reads in the version it opened.
    func changedContent(in range: ByteRange) -> (extents: [Extent], staged: StagedFile?)? {
        withLockedState { state in
            guard state.revision.content != state.stored.content || !state.map.isPristine else { return nil }
            return (state.map.extents(in: range), state.staged)
        }
    }

    /// The bytes of `old` are to be had as `new` now.
    func replaceSource(_ old: ObjectVersion, with new: ObjectVersion) {
        withLockedState { state in
            guard state.map.base == old || state.map.sources.contains(old) else { return }
            state.map.replaceSource(old, with: new)
        }
    }

    func uses(_ key: Key) -> Bool {
        withLockedState { state in state.map.sources.contains { $0.key == key } }
    }
}

extension OpenFile.State {
    mutating func touchContent() {
        modified = .now
        changed = modified
        revision.content += 1
    }

    /// Where in staging the bytes of `range` may be written over: they are in one piece, and belong to nothing but this moment.
    func replaceable(_ range: ByteRange) -> Int64? {
        guard let staged, let offset = map.stagedOffset(of: range) else { return nil }
        return offset >= max(frozen, staged.sealedLength) ? offset : nil
    }
}
