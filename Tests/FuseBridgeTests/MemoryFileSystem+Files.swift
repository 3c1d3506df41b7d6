import FileSystemTypes
import Synchronization

extension MemoryFileSystem {
    func open(_ inode: Inode, options: OpenOptions, for caller: Caller) async throws(Errno) -> OpenReply {
        try await begin("open")
        record.withLock { $0.opened.append(options) }
        return try tree.withLock { tree throws(Errno) in
            if options.truncate { try tree.resize(inode, to: 0) }
            return OpenReply(handle: try tree.open(inode), keepCache: false)
        }
    }

    func create(
        _ name: FileName, in parent: Inode, permissions: UInt16, options: OpenOptions, for caller: Caller
    ) async throws(Errno) -> (entry: Entry, opened: OpenReply) {
        try await begin("create")
        noteCreation(name, permissions, caller)
        let (node, handle) = try tree.withLock { tree throws(Errno) in
            let inode = try tree.add(name, to: parent, .regular, permissions, caller)
            return (try tree.referenced(inode), try tree.open(inode))
        }
        return (entry(node), OpenReply(handle: handle, keepCache: false))
    }

    func read(_ handle: Handle, at offset: Int64, count: Int) async throws(Errno) -> Bytes {
        try await begin("read")
        record.withLock { $0.readSizes[count, default: 0] += 1 }
        let pieces = behaviour.withLock { $0.readPieces }
        let bytes = try tree.withLock { tree throws(Errno) in
            Bytes(try tree.content(handle, at: offset, count: count))
        }
        return pieces == 1 ? bytes : Self.split(bytes, pieces)
    }

    func writeNow(_ handle: Handle, at offset: Int64, _ bytes: RawSpan) throws(Errno) -> Bool {
        let (declines, failure) = behaviour.withLock { ($0.declinesWriteNow, $0.failures["writeNow"]) }
        if let failure { throw failure }
        guard !declines else { return false }
        record.withLock { $0.writeSizes[bytes.byteCount, default: 0] += 1 }
        try tree.withLock { tree throws(Errno) in try tree.write(handle, at: offset, bytes) }
        return true
    }

    func write(_ handle: Handle, at offset: Int64, _ bytes: Bytes) async throws(Errno) {
        try await begin("write")
        let array = bytes.contiguous
        try tree.withLock { tree throws(Errno) in try unsafe tree.write(handle, at: offset, array.span.bytes) }
    }

    func flush(_ handle: Handle) async throws(Errno) {
        try await begin("flush")
    }

    func synchronize(_ handle: Handle, dataOnly: Bool) async throws(Errno) {
        try await begin(dataOnly ? "fdatasync" : "fsync")
    }

    func release(_ handle: Handle) async {
        try? await begin("release")
        tree.withLock { $0.close(handle) }
    }

    // MARK: Directories

    func openDirectory(_ inode: Inode, for caller: Caller) async throws(Errno) -> OpenReply {
        try await begin("opendir")
        let cachesListings = behaviour.withLock { $0.cachesListings }
        return try tree.withLock { tree throws(Errno) in
            _ = try tree.directory(inode)
            return OpenReply(handle: try tree.open(inode), keepCache: cachesListings, cachesListing: cachesListings)
        }
    }

    func readDirectory(_ handle: Handle, after cookie: UInt64, limit: Int) async throws(Errno) -> [DirectoryEntry] {
        try await begin("readdir")
        return try tree.withLock { tree throws(Errno) in try tree.list(handle, after: cookie, limit) }
    }

    func readDirectoryPlus(_ handle: Handle, after cookie: UInt64, limit: Int) async throws(Errno) -> [DirectoryEntryPlus] {
        try await begin("readdirplus")
        let found = try tree.withLock { tree throws(Errno) in
            var result: [(DirectoryEntry, MemoryNode)] = []
            for entry in try tree.list(handle, after: cookie, limit) {
                result.append((entry, try tree.referenced(entry.inode)))
            }
            return result
        }
        return found.map { DirectoryEntryPlus(listed: $0, entry: entry($1)) }
    }

    func synchronizeDirectory(_ handle: Handle, dataOnly: Bool) async throws(Errno) {
        try await begin("fsyncdir")
    }

    func releaseDirectory(_ handle: Handle) async {
        try? await begin("releasedir")
        tree.withLock { $0.close(handle) }
    }

    /// The same bytes in `count` pieces.
    private static func split(_ bytes: Bytes, _ count: Int) -> Bytes {
        var result = Bytes()
        let size = max(1, bytes.count / count)
        var offset = 0
        while offset < bytes.count {
            result.append(bytes.slice(from: offset, upTo: size))
            offset += size
        }
        return result
    }
}
