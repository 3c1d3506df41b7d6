import FileSystemTypes
import Glibc
import Synchronization

/// One file of a GiB whose bytes all come from one page of zeros: what remains is the cost of the bridge.
final class BenchmarkFileSystem: FileSystem {
    private static let file = Inode(2)
    private static let size: Int64 = 1 << 30
    private let suspends: Bool
    private let zeros = [UInt8](repeating: 0, count: 1 << 20)
    private let requested = Mutex<[Int: Int]>([:])

    private let attributeTTL: Duration
    private let hasExtendedAttributes: Bool
    let clearsSetID: Bool

    /// Before each read the kernel asks for attributes that are older than `attributeTTL`, before each write for `security.capability`
    /// where there are extended attributes.
    init(suspends: Bool, attributeTTL: Duration = .seconds(600), hasExtendedAttributes: Bool = false, clearsSetID: Bool = false) {
        self.suspends = suspends
        self.hasExtendedAttributes = hasExtendedAttributes
        self.clearsSetID = clearsSetID
        self.attributeTTL = attributeTTL
    }

    /// How many reads there were of each size, largest first.
    var sizes: String {
        requested.withLock { requested in
            requested.sorted { $0.key > $1.key }.map { "\($0.key >> 10) KiB: \($0.value)" }.joined(separator: ", ")
        }
    }

    private func attributes(of inode: Inode) -> Attributes {
        let moment = Timestamp(seconds: 1_700_000_000)
        return Attributes(
            inode: inode, kind: inode == .root ? .directory : .regular, permissions: 0o777, userID: getuid(), groupID: getgid(),
            size: inode == .root ? 0 : Self.size, accessed: moment, modified: moment, changed: moment)
    }

    private var entry: Entry {
        Entry(attributes: attributes(of: Self.file), nameTTL: .seconds(60), attributeTTL: attributeTTL)
    }

    func lookup(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) -> Lookup { .found(entry) }
    func forget(_ inode: Inode, count: UInt64) {}
    func makeDirectory(_ name: FileName, in parent: Inode, permissions: UInt16, for caller: Caller) async throws(Errno) -> Entry {
        throw .notPermitted
    }
    func unlink(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) { throw .notPermitted }
    func removeDirectory(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) { throw .notPermitted }
    func rename(
        _ name: FileName, in parent: Inode, to newName: FileName, in newParent: Inode, mode: RenameMode, for caller: Caller
    ) async throws(Errno) { throw .notPermitted }

    func attributes(of inode: Inode, handle: Handle?) async throws(Errno) -> AttributeReply {
        if suspends { await Task.yield() }
        return AttributeReply(attributes: attributes(of: inode), ttl: attributeTTL)
    }
    func setAttributes(_ change: AttributeChange, of inode: Inode, handle: Handle?, for caller: Caller) async throws(Errno) -> AttributeReply {
        AttributeReply(attributes: attributes(of: inode), ttl: attributeTTL)
    }
    func checkAccess(_ access: AccessMask, of inode: Inode, for caller: Caller) async throws(Errno) {}
    func statistics() async throws(Errno) -> FileSystemStatistics { throw .notSupported }

    func extendedAttribute(_ name: ExtendedAttributeName, of inode: Inode, for caller: Caller) async throws(Errno) -> [UInt8] {
        throw hasExtendedAttributes ? .noData : .notImplemented
    }

    func open(_ inode: Inode, options: OpenOptions, for caller: Caller) async throws(Errno) -> OpenReply {
        OpenReply(handle: Handle(1), keepCache: false)
    }
    func create(
        _ name: FileName, in parent: Inode, permissions: UInt16, options: OpenOptions, for caller: Caller
    ) async throws(Errno) -> (entry: Entry, opened: OpenReply) { throw .notPermitted }
    func read(_ handle: Handle, at offset: Int64, count: Int) async throws(Errno) -> Bytes {
        if suspends { await Task.yield() }
        requested.withLock { $0[count, default: 0] += 1 }
        return Bytes(zeros.prefix(min(count, Int(Self.size - offset))))
    }
    func writeNow(_ handle: Handle, at offset: Int64, _ bytes: RawSpan) throws(Errno) -> Bool { true }
    func write(_ handle: Handle, at offset: Int64, _ bytes: Bytes) async throws(Errno) {}
    func flush(_ handle: Handle) async throws(Errno) {}
    func synchronize(_ handle: Handle, dataOnly: Bool) async throws(Errno) {}
    func release(_ handle: Handle) async {}

    func openDirectory(_ inode: Inode, for caller: Caller) async throws(Errno) -> OpenReply { OpenReply(handle: Handle(1), keepCache: false) }
    func readDirectory(_ handle: Handle, after cookie: UInt64, limit: Int) async throws(Errno) -> [DirectoryEntry] { [] }
    func readDirectoryPlus(_ handle: Handle, after cookie: UInt64, limit: Int) async throws(Errno) -> [DirectoryEntryPlus] { [] }
    func synchronizeDirectory(_ handle: Handle, dataOnly: Bool) async throws(Errno) {}
    func releaseDirectory(_ handle: Handle) async {}
}
