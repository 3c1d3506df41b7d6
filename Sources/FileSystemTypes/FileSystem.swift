/// A file system as the kernel asks for it: inodes, handles and names, no paths.
///
/// Every method may suspend. The caller starts it on a thread that may block on local disks (never on a network), and
/// resumes it on an executor of the same kind; cancelling the surrounding task means that nobody waits for the answer any more.
/// Calls for one file may run at the same time; an implementation orders them itself.
///
/// Each `Entry` given out, by whichever call, adds one to the kernel's count of references to that inode; `forget` takes them back.
package protocol FileSystem: Sendable {
    // MARK: Names

    func lookup(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) -> Lookup
    func forget(_ inode: Inode, count: UInt64)
    /// `permissions` has the caller's umask applied.
    func makeDirectory(_ name: FileName, in parent: Inode, permissions: UInt16, for caller: Caller) async throws(Errno) -> Entry
    func unlink(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno)
    func removeDirectory(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno)
    func rename(
        _ name: FileName, in parent: Inode, to newName: FileName, in newParent: Inode, mode: RenameMode, for caller: Caller
    ) async throws(Errno)

    // MARK: Attributes

    func attributes(of inode: Inode, handle: Handle?) async throws(Errno) -> AttributeReply
    func setAttributes(_ change: AttributeChange, of inode: Inode, handle: Handle?, for caller: Caller) async throws(Errno) -> AttributeReply
    /// Succeeds when the caller may do all of `access` (access(2)); asked only where the kernel does not check modes itself.
    func checkAccess(_ access: AccessMask, of inode: Inode, for caller: Caller) async throws(Errno)
    func statistics() async throws(Errno) -> FileSystemStatistics

    // MARK: Files

    func open(_ inode: Inode, options: OpenOptions, for caller: Caller) async throws(Errno) -> OpenReply
    /// `permissions` has the caller's umask applied.
    func create(
        _ name: FileName, in parent: Inode, permissions: UInt16, options: OpenOptions, for caller: Caller
    ) async throws(Errno) -> (entry: Entry, opened: OpenReply)
    /// Up to `count` bytes; fewer only at the end of the file.
    func read(_ handle: Handle, at offset: Int64, count: Int) async throws(Errno) -> Bytes
    /// Takes all of `bytes` without suspending and returns true, or returns false having changed nothing: then `write` gets a copy.
    func writeNow(_ handle: Handle, at offset: Int64, _ bytes: RawSpan) throws(Errno) -> Bool
    /// Takes all of `bytes` or throws.
    func write(_ handle: Handle, at offset: Int64, _ bytes: Bytes) async throws(Errno)
    /// close(2) was called on one of the descriptors of `handle`; returns when the bytes are safe.
    func flush(_ handle: Handle) async throws(Errno)
    func synchronize(_ handle: Handle, dataOnly: Bool) async throws(Errno)
    /// The last descriptor of `handle` is gone. Nobody can be told of an error any more.
    func release(_ handle: Handle) async

    // MARK: Directories

    func openDirectory(_ inode: Inode, for caller: Caller) async throws(Errno) -> OpenReply
    /// Up to `limit` entries after the one whose `cookie` is given; 0 starts at the beginning, an empty answer is the end.
    func readDirectory(_ handle: Handle, after cookie: UInt64, limit: Int) async throws(Errno) -> [DirectoryEntry]
    /// As `readDirectory`, with attributes. The caller forgets each entry that it cannot pass on.
    func readDirectoryPlus(_ handle: Handle, after cookie: UInt64, limit: Int) async throws(Errno) -> [DirectoryEntryPlus]
    func synchronizeDirectory(_ handle: Handle, dataOnly: Bool) async throws(Errno)
    func releaseDirectory(_ handle: Handle) async
}
