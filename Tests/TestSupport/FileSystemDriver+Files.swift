import FileSystemTypes

extension FileSystemDriver {
    func overwrite(_ path: TreePath, _ bytes: [UInt8]) async throws(Errno) {
        let (name, parent) = try await place(path)
        let handle: Handle
        if let entry = try await find(name, in: parent) {
            guard entry.attributes.kind != .directory else { throw .isDirectory }
            handle = try await open(entry.inode, OpenOptions(mode: .writeOnly, truncate: true))
        } else {
            let made = try await fileSystem.create(
                name, in: parent, permissions: 0o644, options: OpenOptions(mode: .writeOnly, truncate: true), for: caller)
            hold(made.entry.inode)
            handle = made.opened.handle
        }
        try await write(handle, at: 0, bytes)
    }

    /// Where no offset is given, at the end of the file, which the kernel takes from the attributes.
    func edit(_ path: TreePath, _ bytes: [UInt8], at offset: Int64?) async throws(Errno) {
        let inode = try await file(path)
        let handle = try await open(inode, OpenOptions(mode: .writeOnly, append: offset == nil))
        var position = offset
        if position == nil {
            do throws(Errno) {
                position = try await fileSystem.attributes(of: inode, handle: handle).attributes.size
            } catch {
                await fileSystem.release(handle)
                throw error
            }
        }
        try await write(handle, at: position ?? 0, bytes)
    }

    func truncate(_ path: TreePath, to size: Int64) async throws(Errno) {
        var change = AttributeChange()
        change.size = size
        let inode = try await file(path)
        let reply = try await fileSystem.setAttributes(change, of: inode, handle: nil, for: caller)
        guard reply.attributes.size == size else { throw .inputOutput }
    }

    func read(_ path: TreePath, at offset: Int64, count: Int) async throws(Errno) -> [UInt8] {
        let handle = try await open(try await file(path), OpenOptions(mode: .readOnly))
        let bytes = try await readAll(handle, at: offset, count: count)
        try await finish(handle)
        return bytes
    }

    func readAll(_ handle: Handle, at offset: Int64, count: Int) async throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        do throws(Errno) {
            while bytes.count < count {
                let wanted = min(count - bytes.count, 1 << 17)
                let more = try await fileSystem.read(handle, at: offset + Int64(bytes.count), count: wanted)
                guard more.count <= wanted else { throw Errno.inputOutput }
                bytes.append(contentsOf: more.contiguous)
                if more.count < wanted { break }
            }
            return bytes
        } catch {
            await fileSystem.release(handle)
            throw error
        }
    }

    func open(_ inode: Inode, _ options: OpenOptions) async throws(Errno) -> Handle {
        try await fileSystem.open(inode, options: options, for: caller).handle
    }

    /// Writes in pieces as the kernel does, closes and releases.
    func write(_ handle: Handle, at offset: Int64, _ bytes: [UInt8]) async throws(Errno) {
        do throws(Errno) {
            var done = 0
            while done < bytes.count {
                let piece = Array(bytes[done..<min(done + (1 << 17), bytes.count)])
                if try unsafe !fileSystem.writeNow(handle, at: offset + Int64(done), piece.span.bytes) {
                    try await fileSystem.write(handle, at: offset + Int64(done), Bytes(piece))
                }
                done += piece.count
            }
        } catch {
            await fileSystem.release(handle)
            throw error
        }
        try await finish(handle)
    }

    func finish(_ handle: Handle) async throws(Errno) {
        do throws(Errno) {
            try await fileSystem.flush(handle)
        } catch {
            await fileSystem.release(handle)
            throw error
        }
        await fileSystem.release(handle)
    }
}
