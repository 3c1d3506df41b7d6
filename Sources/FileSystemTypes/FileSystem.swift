/// A file system as the kernel asks for it: inodes, handles and names, no paths.
///
/// Every method may suspend. The caller starts it on a thread that may block on local disks (never on a network), and
/// resumes it on an executor of the same kind; cancelling the surrounding task means that nobody waits for the answer any more.
/// Calls for one file may run at the same time; an implementation orders them itself.
///
/// Each `Entry` given out, by whichever call, adds one to the kernel's count of references to that inode; `forget` takes them back.
///
/// The operations that have a default (`FileSystem+Defaults.swift`) may be left out. `Errno.notImplemented` has a meaning of its own in some of
/// them: the kernel never asks for the operation again, on whatever file. So one that is refused for one file throws
/// `notSupported` or what the manual page says.
package protocol FileSystem: Sendable {
    /// The conversation with the kernel begins: called once, before all others. Returns at once.
    func connected(to kernel: any KernelNotifier)
    /// Whether the file system itself clears set-user-id, and set-group-id where the group may execute, from regular files (inode(7)), in
    /// `setAttributes`: when the change is empty (the kernel's word for a write by a caller who may not keep the bits), when it names an
    /// owner or a group, and when it names a size and the caller is not root.
    ///
    /// Else the kernel does, by naming permissions, but then asks for the attribute `security.capability` before each write(2) where
    /// there are extended attributes at all, which nearly halves the rate of writes. Asked once, before the mount.
    var clearsSetID: Bool { get }

    // MARK: Names

    func lookup(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) -> Lookup
    func forget(_ inode: Inode, count: UInt64)
    /// The entry of a file that the kernel knows by its number only, from a handle (open_by_handle_at(2), NFS): LOOKUP of `.`. The number may be one
    /// that was given out by an earlier mount. Throws `stale` where there is no such file any more.
    func resolve(_ inode: Inode, for caller: Caller) async throws(Errno) -> Entry
    /// The folder that a file which is known by its number only is in: LOOKUP of `..`.
    func resolveParent(of inode: Inode, for caller: Caller) async throws(Errno) -> Entry
    /// `permissions` has the caller's umask applied.
    func makeDirectory(_ name: FileName, in parent: Inode, permissions: UInt16, for caller: Caller) async throws(Errno) -> Entry
    /// A FIFO, a socket, a device, or an empty regular file that is not opened (mknod(2)); never a directory or a link.
    /// `permissions` has the caller's umask applied.
    func makeNode(
        _ name: FileName, in parent: Inode, kind: FileKind, permissions: UInt16, device: DeviceNumber, for caller: Caller
    ) async throws(Errno) -> Entry
    /// `target` is 1 to 4095 bytes, no NUL, not looked at.
    func makeSymbolicLink(_ name: FileName, in parent: Inode, to target: [UInt8], for caller: Caller) async throws(Errno) -> Entry
    /// The target; the kernel remembers it until `KernelNotification.content`.
    func readSymbolicLink(_ inode: Inode) async throws(Errno) -> [UInt8]
    /// Another name for the same inode (link(2)).
    func link(_ inode: Inode, as name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) -> Entry
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

    // MARK: Extended attributes (xattr(7))

    /// Throws `noData` when there is no such attribute.
    ///
    /// The kernel asks for `security.capability` on its own when a file is written (see `clearsSetID`), so this must be answered
    /// from memory for an open file.
    func extendedAttribute(_ name: ExtendedAttributeName, of inode: Inode, for caller: Caller) async throws(Errno) -> [UInt8]
    /// In any order, each once.
    func extendedAttributeNames(of inode: Inode, for caller: Caller) async throws(Errno) -> [ExtendedAttributeName]
    /// `value` is at most `ExtendedAttributeLimit.value` long; `noSpace` where the store takes less.
    func setExtendedAttribute(
        _ name: ExtendedAttributeName, of inode: Inode, to value: [UInt8], mode: ExtendedAttributeMode, for caller: Caller
    ) async throws(Errno)
    /// Throws `noData` when there is no such attribute.
    func removeExtendedAttribute(_ name: ExtendedAttributeName, of inode: Inode, for caller: Caller) async throws(Errno)

    // MARK: Files

    func open(_ inode: Inode, options: OpenOptions, for caller: Caller) async throws(Errno) -> OpenReply
    /// `permissions` has the caller's umask applied.
    func create(
        _ name: FileName, in parent: Inode, permissions: UInt16, options: OpenOptions, for caller: Caller
    ) async throws(Errno) -> (entry: Entry, opened: OpenReply)
    /// As `read`, from memory and without suspending; nil, having changed nothing, when it would have to wait: then `read` is called.
    func readNow(_ handle: Handle, at offset: Int64, count: Int) throws(Errno) -> Bytes?
    /// Up to `count` bytes; fewer only at the end of the file.
    func read(_ handle: Handle, at offset: Int64, count: Int) async throws(Errno) -> Bytes
    /// Takes all of `bytes` without suspending and returns true, or returns false having changed nothing: then `write` gets a copy.
    func writeNow(_ handle: Handle, at offset: Int64, _ bytes: RawSpan) throws(Errno) -> Bool
    /// Takes all of `bytes` or throws.
    func write(_ handle: Handle, at offset: Int64, _ bytes: Bytes) async throws(Errno)
    /// fallocate(2). `notSupported` for what cannot be done.
    func allocate(_ range: ByteRange, of handle: Handle, mode: AllocationMode) async throws(Errno)
    /// The next offset from `offset` on that is in data, or in a hole. `noSuchAddress` when `offset` is not before the end, or no data follows.
    func seek(_ target: SeekTarget, from offset: Int64, of handle: Handle) async throws(Errno) -> Int64
    /// Copies `range` of one file, or as much of it as there is, to `offset` of another or the same, and gives how many bytes that were
    /// (copy_file_range(2)); 0 at the end of the source. The two ranges do not overlap.
    func copyRange(_ range: ByteRange, of source: Handle, to destination: Handle, at offset: Int64) async throws(Errno) -> Int64
    /// close(2) was called on one of the descriptors of `handle`; returns when the bytes are safe. Not called for a handle that only reads.
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
