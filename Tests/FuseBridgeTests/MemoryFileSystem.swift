import FileSystemTypes
import Glibc
import Synchronization

/// A small complete file system in memory, correct enough to run programs on, that can be told to misbehave.
///
/// It counts the kernel's references, so that a test sees a leak.
final class MemoryFileSystem: FileSystem {
    let tree = Mutex(MemoryTree())
    let behaviour = Mutex(Behaviour())
    let record = Mutex(Record())
    let clearsSetID: Bool

    init(clearsSetID: Bool = false) {
        self.clearsSetID = clearsSetID
    }

    /// How to answer, other than well.
    struct Behaviour: Sendable {
        /// Errors by operation.
        var failures: [String: Errno] = [:]
        /// Every operation suspends before it answers.
        var suspends = false
        /// Every operation takes this long.
        var delay = Duration.zero
        var declinesWriteNow = false
        /// This operation waits until it is cancelled.
        var hangs = ""
        var readPieces = 1
        var nameTTL = Duration.seconds(1)
        var attributeTTL = Duration.seconds(1)
        var cachesListings = false
        /// What every extended attribute, and every list of them, is replaced by.
        var extendedAttribute: [UInt8]?
        var attributeNames: [ExtendedAttributeName]?
    }

    /// What was seen.
    struct Record: Sendable {
        var operations: [String: Int] = [:]
        var readSizes: [Int: Int] = [:]
        var writeSizes: [Int: Int] = [:]
        var hanging = 0
        var cancelled = 0
        var changes: [AttributeChange] = []
        var opened: [OpenOptions] = []
        var allocations: [Allocation] = []
        /// By the name that was made.
        var creations: [String: Creation] = [:]
        var kernel: (any KernelNotifier)?
    }

    struct Allocation: Hashable, Sendable {
        var range: ByteRange
        var mode: AllocationMode
    }

    struct Creation: Hashable, Sendable {
        var permissions: UInt16
        var umask: UInt16
        var groups: [UInt32]
    }

    func connected(to kernel: any KernelNotifier) {
        record.withLock { $0.kernel = kernel }
    }

    func noteCreation(_ name: FileName, _ permissions: UInt16, _ caller: Caller) {
        let creation = Creation(permissions: permissions, umask: caller.umask, groups: caller.supplementaryGroups())
        record.withLock { $0.creations[name.description] = creation }
    }

    /// Each asynchronous operation begins here.
    func begin(_ operation: String) async throws(Errno) {
        record.withLock { $0.operations[operation, default: 0] += 1 }
        let (suspends, hangs, failure) = behaviour.withLock { ($0.suspends, $0.hangs == operation, $0.failures[operation]) }
        if suspends { await Task.yield() }
        if hangs { try await wait(.seconds(60)) }
        let delay = behaviour.withLock { $0.delay }
        if delay > .zero { try await wait(delay) }
        if let failure { throw failure }
    }

    private func wait(_ duration: Duration) async throws(Errno) {
        record.withLock { $0.hanging += 1 }
        do {
            try await Task.sleep(for: duration)
        } catch {
            record.withLock { $0.cancelled += 1 }
            throw .interrupted
        }
    }

    func entry(_ node: MemoryNode) -> Entry {
        Entry(attributes: node.attributes, nameTTL: behaviour.withLock { $0.nameTTL }, attributeTTL: attributeTTL)
    }

    private var attributeTTL: Duration { behaviour.withLock { $0.attributeTTL } }

    func reply(_ node: MemoryNode) -> AttributeReply {
        AttributeReply(attributes: node.attributes, ttl: attributeTTL)
    }

    /// The kernel's references to all inodes but the root.
    var references: UInt64 {
        tree.withLock { tree in tree.nodes.values.filter { $0.inode != .root }.reduce(0) { $0 + $1.references } }
    }

    var openHandles: Int {
        tree.withLock { $0.handles.count }
    }

    func count(_ operation: String) -> Int {
        record.withLock { $0.operations[operation] ?? 0 }
    }

    // MARK: Names

    func lookup(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) -> Lookup {
        try await begin("lookup")
        let node: MemoryNode? = try tree.withLock { tree throws(Errno) in
            guard let child = try tree.directory(parent).child(name) else { return nil }
            return try tree.referenced(child)
        }
        return node.map { .found(entry($0)) } ?? .absent(ttl: .milliseconds(100))
    }

    func forget(_ inode: Inode, count: UInt64) {
        tree.withLock { $0.forget(inode, count) }
    }

    func makeDirectory(_ name: FileName, in parent: Inode, permissions: UInt16, for caller: Caller) async throws(Errno) -> Entry {
        try await begin("mkdir")
        noteCreation(name, permissions, caller)
        return entry(
            try tree.withLock { tree throws(Errno) in
                try tree.referenced(try tree.add(name, to: parent, .directory, permissions, caller))
            })
    }

    func unlink(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) {
        try await begin("unlink")
        try tree.withLock { tree throws(Errno) in try tree.unlink(name, in: parent) }
    }

    func removeDirectory(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) {
        try await begin("rmdir")
        try tree.withLock { tree throws(Errno) in try tree.removeDirectory(name, in: parent) }
    }

    func rename(
        _ name: FileName, in parent: Inode, to newName: FileName, in newParent: Inode, mode: RenameMode, for caller: Caller
    ) async throws(Errno) {
        try await begin("rename")
        try tree.withLock { tree throws(Errno) in try tree.rename(name, in: parent, to: newName, in: newParent, mode) }
    }

    // MARK: Attributes

    func attributes(of inode: Inode, handle: Handle?) async throws(Errno) -> AttributeReply {
        try await begin("getattr")
        return reply(try tree.withLock { tree throws(Errno) in try tree.node(inode) })
    }

    func setAttributes(_ change: AttributeChange, of inode: Inode, handle: Handle?, for caller: Caller) async throws(Errno) -> AttributeReply {
        try await begin("setattr")
        record.withLock { $0.changes.append(change) }
        return reply(try tree.withLock { tree throws(Errno) in try tree.change(inode, change) })
    }

    func checkAccess(_ access: AccessMask, of inode: Inode, for caller: Caller) async throws(Errno) {
        try await begin("access")
    }

    func statistics() async throws(Errno) -> FileSystemStatistics {
        try await begin("statfs")
        return FileSystemStatistics(
            blockSize: 4096, totalBlocks: 1 << 20, freeBlocks: 1 << 19, totalInodes: 1000, freeInodes: 900, maximumNameLength: 255)
    }
}
