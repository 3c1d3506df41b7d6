import FileSystemTypes

/// A file system that offers nothing but what every one must: all else are the defaults of `FileSystem`.
final class PlainFileSystem: FileSystem {
    let inner = MemoryFileSystem()

    func lookup(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) -> Lookup {
        try await inner.lookup(name, in: parent, for: caller)
    }
    func forget(_ inode: Inode, count: UInt64) { inner.forget(inode, count: count) }
    func makeDirectory(_ name: FileName, in parent: Inode, permissions: UInt16, for caller: Caller) async throws(Errno) -> Entry {
        try await inner.makeDirectory(name, in: parent, permissions: permissions, for: caller)
    }
    func unlink(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) {
        try await inner.unlink(name, in: parent, for: caller)
    }
    func removeDirectory(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) {
        try await inner.removeDirectory(name, in: parent, for: caller)
    }
    func rename(
        _ name: FileName, in parent: Inode, to newName: FileName, in newParent: Inode, mode: RenameMode, for caller: Caller
    ) async throws(Errno) {
        try await inner.rename(name, in: parent, to: newName, in: newParent, mode: mode, for: caller)
    }

    func attributes(of inode: Inode, handle: Handle?) async throws(Errno) -> AttributeReply {
        try await inner.attributes(of: inode, handle: handle)
    }
    func setAttributes(_ change: AttributeChange, of inode: Inode, handle: Handle?, for caller: Caller) async throws(Errno) -> AttributeReply {
        try await inner.setAttributes(change, of: inode, handle: handle, for: caller)
    }
    func checkAccess(_ access: AccessMask, of inode: Inode, for caller: Caller) async throws(Errno) {}
    func statistics() async throws(Errno) -> FileSystemStatistics { try await inner.statistics() }

    func open(_ inode: Inode, options: OpenOptions, for caller: Caller) async throws(Errno) -> OpenReply {
        try await inner.open(inode, options: options, for: caller)
    }
    func create(
        _ name: FileName, in parent: Inode, permissions: UInt16, options: OpenOptions, for caller: Caller
    ) async throws(Errno) -> (entry: Entry, opened: OpenReply) {
        try await inner.create(name, in: parent, permissions: permissions, options: options, for: caller)
    }
    func read(_ handle: Handle, at offset: Int64, count: Int) async throws(Errno) -> Bytes {
        try await inner.read(handle, at: offset, count: count)
    }
    func writeNow(_ handle: Handle, at offset: Int64, _ bytes: RawSpan) throws(Errno) -> Bool {
        try inner.writeNow(handle, at: offset, bytes)
    }
    func write(_ handle: Handle, at offset: Int64, _ bytes: Bytes) async throws(Errno) {
        try await inner.write(handle, at: offset, bytes)
    }
    func flush(_ handle: Handle) async throws(Errno) { try await inner.flush(handle) }
    func synchronize(_ handle: Handle, dataOnly: Bool) async throws(Errno) { try await inner.synchronize(handle, dataOnly: dataOnly) }
    func release(_ handle: Handle) async { await inner.release(handle) }

    func openDirectory(_ inode: Inode, for caller: Caller) async throws(Errno) -> OpenReply {
        try await inner.openDirectory(inode, for: caller)
    }
    func readDirectory(_ handle: Handle, after cookie: UInt64, limit: Int) async throws(Errno) -> [DirectoryEntry] {
        try await inner.readDirectory(handle, after: cookie, limit: limit)
    }
    func readDirectoryPlus(_ handle: Handle, after cookie: UInt64, limit: Int) async throws(Errno) -> [DirectoryEntryPlus] {
        try await inner.readDirectoryPlus(handle, after: cookie, limit: limit)
    }
    func synchronizeDirectory(_ handle: Handle, dataOnly: Bool) async throws(Errno) {}
    func releaseDirectory(_ handle: Handle) async { await inner.releaseDirectory(handle) }
}
