package import FileSystemTypes
internal import ObjectStorage
internal import Staging
internal import Synchronization

extension Volume {
    package func read(_ handle: Handle, at offset: Int64, count: Int) async throws(Errno) -> Bytes {
        let opened = try file(handle)
        if let bytes = try opened.file.readStaged(at: offset, count: count) { return bytes }
        guard let reader = opened.objectReader else { return Bytes() }
        do throws(Errno) {
            return try await reader.read(at: offset, count: count)
        } catch {
            // A rename or a first write may have come between: then the bytes are elsewhere now.
            if let bytes = try opened.file.readStaged(at: offset, count: count) { return bytes }
            guard let moved = opened.objectReader, moved !== reader else { throw error }
            return try await moved.read(at: offset, count: count)
        }
    }

    package func writeNow(_ handle: Handle, at offset: Int64, _ bytes: RawSpan) throws(Errno) -> Bool {
        let opened = try file(handle)
        guard opened.file.gate.tryEnter() else { return false }
        defer { opened.file.gate.leave() }
        let position = try position(of: bytes.byteCount, at: offset, opened)
        return try opened.file.writeStaged(bytes, at: position)
    }

    package func write(_ handle: Handle, at offset: Int64, _ bytes: Bytes) async throws(Errno) {
        let opened = try file(handle)
        try await opened.file.gate.run { () async throws(Errno) in
            let content = try await stage(opened.file)
            let position = try position(of: bytes.count, at: offset, opened)
            try content.write(bytes, at: position)
            opened.file.noteWritten(upTo: position + Int64(bytes.count))
        }
    }

    package func flush(_ handle: Handle) async throws(Errno) {
        let opened = try file(handle)
        guard opened.options.writes else { return }
        try await store(opened.file)
    }

    package func synchronize(_ handle: Handle, dataOnly: Bool) async throws(Errno) {
        try await store(try file(handle).file)
    }

    func file(_ handle: Handle) throws(Errno) -> FileHandle {
        guard let opened = handles.withLock({ $0.file(handle) }) else { throw Errno.badHandle }
        return opened
    }

    /// Returns when the store has the content; at once when it has it already.
    private func store(_ file: OpenFile) async throws(Errno) {
        guard file.isChanged else { return }
        try await file.gate.run { () async throws(Errno) in try await commit(file) }
    }

    /// Where a write goes: with `O_APPEND` behind the last byte, wherever the kernel believes that to be. The gate is held.
    private func position(of count: Int, at offset: Int64, _ opened: FileHandle) throws(Errno) -> Int64 {
        guard opened.options.writes else { throw Errno.badHandle }
        let position = opened.options.append ? opened.file.localAttributes?.size ?? offset : offset
        guard position + Int64(count) <= store.limits.object else { throw Errno.fileTooLarge }
        return position
    }
}
