internal import Content
package import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Reading
internal import Staging
internal import Synchronization

extension Volume {
    package func readNow(_ handle: Handle, at offset: Int64, count: Int) throws(Errno) -> Bytes? {
        let opened = try file(handle)
        let range = ByteRange(offset: offset, count: Int64(count))
        guard opened.file.changedContent(in: range) == nil, let version = opened.opened else { return nil }
        if opened.beginsReading() { fetchFollowing(opened) }
        guard opened.hasReader(of: version) || !isFetchedNow(opened.file.inode) else { return nil }
        let bytes = opened.reader(of: version, in: self).readNow(range)
        if let bytes, !bytes.isEmpty { noteRead(opened.file) }
        return bytes
    }

    package func read(_ handle: Handle, at offset: Int64, count: Int) async throws(Errno) -> Bytes {
        let opened = try file(handle)
        let range = ByteRange(offset: offset, count: Int64(count))
        for _ in 0..<3 {
            let (revision, version) = (opened.file.withLockedState { $0.revision }, opened.opened)
            do throws(Errno) {
                let bytes = try await content(of: opened, in: range)
                if !bytes.isEmpty { noteRead(opened.file) }
                return bytes
            } catch {
                // A write, a commit or a rename may have come between: then the bytes are elsewhere now.
                let isSame = opened.file.withLockedState { $0.revision } == revision && opened.opened == version
                guard !isSame || error == .stale && opened.file.changedContent(in: range) != nil else { throw error }
                // The store has the new object already, and the file is told in a moment: when whoever stores it is done.
                if isSame { try await opened.file.sending.run {} }
            }
        }
        return try await content(of: opened, in: range)
    }

    private func content(of opened: FileHandle, in range: ByteRange) async throws(Errno) -> Bytes {
        guard let changed = opened.file.changedContent(in: range) else {
            guard let version = opened.opened else { return Bytes() }
            if opened.beginsReading() { fetchFollowing(opened) }
            if !opened.hasReader(of: version) { await joinFetch(of: opened.file.inode) }
            return try await reading(opened, version, range)
        }
        var result = Bytes()
        for extent in changed.extents {
            switch extent.origin {
            case .hole: result.append(Bytes([UInt8](repeating: 0, count: Int(extent.range.count))))
            case .local(let offset): result.append(try readStaged(changed.staged, at: offset, count: Int(extent.range.count)))
            case .remote(let version, let offset):
                result.append(try await reading(opened, version, ByteRange(offset: offset, count: extent.range.count)))
            case .partOnly:
                try await publish(opened.file)
                return try await content(of: opened, in: range)
            }
        }
        return result
    }

    /// A rename of the object may come between: then the handle reads it under its new name.
    private func reading(_ opened: FileHandle, _ version: ObjectVersion, _ range: ByteRange) async throws(Errno) -> Bytes {
        do throws(Errno) {
            return try await readStored(opened, version, range)
        } catch {
            guard let moved = opened.opened, moved != version, moved.size == version.size else { throw error }
            return try await readStored(opened, moved, range)
        }
    }

    /// An object that is gone or another one now is stale to whoever has it open.
    private func readStored(_ opened: FileHandle, _ version: ObjectVersion, _ range: ByteRange) async throws(Errno) -> Bytes {
        do throws(StoreError) {
            return try await opened.reader(of: version, in: self).read(range)
        } catch {
            if error.reason != .cancelled { logger.error("\(error)") }
            throw error.reason == .noSuchKey ? .stale : error.errno
        }
    }

    private func readStaged(_ staged: StagedFile?, at offset: Int64, count: Int) throws(Errno) -> Bytes {
        guard let staged else { throw Errno.inputOutput }
        do throws(StateError) {
            return try staged.read(at: offset, count: count)
        } catch {
            throw error.errno
        }
    }

    package func writeNow(_ handle: Handle, at offset: Int64, _ bytes: RawSpan) throws(Errno) -> Bool {
        let opened = try file(handle)
        guard opened.file.gate.tryEnter() else { return false }
        defer { opened.file.gate.leave() }
        let position = try position(of: bytes.byteCount, at: offset, opened)
        do throws(OpenFile.Obstacle) {
            try opened.file.write(bytes, at: position)
        } catch {
            guard case .failed(let errno) = error else { return false }
            throw errno
        }
        follow(opened)
        return true
    }

    package func write(_ handle: Handle, at offset: Int64, _ bytes: Bytes) async throws(Errno) {
        let opened = try file(handle)
        let contiguous = bytes.contiguous
        try await editing(opened.file) { (file) throws(EditFailure) in
            let position: Int64
            do throws(Errno) {
                position = try self.position(of: contiguous.count, at: offset, opened)
            } catch {
                throw .errno(error)
            }
            do throws(OpenFile.Obstacle) {
                try file.write(unsafe contiguous.span.bytes, at: position)
            } catch {
                throw .obstacle(error)
            }
        }
        follow(opened)
    }

    package func flush(_ handle: Handle) async throws(Errno) {
        let opened = try file(handle)
        guard opened.options.writes else { return }
        opened.note(flushed: true)
        try await close(opened.file)
    }

    package func synchronize(_ handle: Handle, dataOnly: Bool) async throws(Errno) {
        let file = try file(handle).file
        if options.syncsLocally { try await record(file) } else { try await publish(file) }
    }

    func file(_ handle: Handle) throws(Errno) -> FileHandle {
        guard let opened = handles.withLock({ $0.file(handle) }) else { throw Errno.badHandle }
        return opened
    }

    /// Where a write goes: with `O_APPEND` behind the last byte, wherever the kernel believes that to be. The gate is held.
    private func position(of count: Int, at offset: Int64, _ opened: FileHandle) throws(Errno) -> Int64 {
        guard opened.options.writes else { throw Errno.badHandle }
        opened.note(flushed: false)
        let position = opened.options.append ? opened.file.size : offset
        guard position <= store.limits.object - Int64(count) else { throw Errno.fileTooLarge }
        return position
    }
}
