/// What a file system answers that does not offer an operation.
///
/// `notImplemented` is used where the kernel then does without: programs get ENOTSUP, or the C library and the kernel do it by other means
/// (reading and writing instead of copy_file_range, the whole file as data for lseek), and this process is not asked again.
extension FileSystem {
    package var clearsSetID: Bool { false }

    package func connected(to kernel: any KernelNotifier) {}

    package func resolve(_ inode: Inode, for caller: Caller) async throws(Errno) -> Entry {
        throw .stale
    }

    package func resolveParent(of inode: Inode, for caller: Caller) async throws(Errno) -> Entry {
        throw .stale
    }

    package func readNow(_ handle: Handle, at offset: Int64, count: Int) throws(Errno) -> Bytes? { nil }

    /// A regular file is created, and closed again; EPERM for others, as mknod(2) has it for a file system without them.
    package func makeNode(
        _ name: FileName, in parent: Inode, kind: FileKind, permissions: UInt16, device: DeviceNumber, for caller: Caller
    ) async throws(Errno) -> Entry {
        guard kind == .regular else { throw .notPermitted }
        let options = OpenOptions(mode: .writeOnly, exclusive: true)
        let created = try await create(name, in: parent, permissions: permissions, options: options, for: caller)
        await release(created.opened.handle)
        return created.entry
    }

    package func makeSymbolicLink(_ name: FileName, in parent: Inode, to target: [UInt8], for caller: Caller) async throws(Errno) -> Entry {
        throw .notPermitted
    }

    package func readSymbolicLink(_ inode: Inode) async throws(Errno) -> [UInt8] {
        throw .invalidArgument
    }

    package func link(_ inode: Inode, as name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) -> Entry {
        throw .notPermitted
    }

    package func extendedAttribute(_ name: ExtendedAttributeName, of inode: Inode, for caller: Caller) async throws(Errno) -> [UInt8] {
        throw .notImplemented
    }

    package func extendedAttributeNames(of inode: Inode, for caller: Caller) async throws(Errno) -> [ExtendedAttributeName] {
        throw .notImplemented
    }

    package func setExtendedAttribute(
        _ name: ExtendedAttributeName, of inode: Inode, to value: [UInt8], mode: ExtendedAttributeMode, for caller: Caller
    ) async throws(Errno) {
        throw .notImplemented
    }

    package func removeExtendedAttribute(_ name: ExtendedAttributeName, of inode: Inode, for caller: Caller) async throws(Errno) {
        throw .notImplemented
    }

    package func allocate(_ range: ByteRange, of handle: Handle, mode: AllocationMode) async throws(Errno) {
        throw .notImplemented
    }

    package func seek(_ target: SeekTarget, from offset: Int64, of handle: Handle) async throws(Errno) -> Int64 {
        throw .notImplemented
    }

    package func copyRange(_ range: ByteRange, of source: Handle, to destination: Handle, at offset: Int64) async throws(Errno) -> Int64 {
        throw .notImplemented
    }
}
