package import FileSystemTypes
package import Logging
package import ObjectStorage
package import Reading
package import Staging
internal import Content
internal import Memory
package import MetadataCache
internal import PosixMetadata
internal import Synchronization
internal import Uploads

/// A bucket, or what lies below a prefix of it, as a file system.
///
/// Lock order: a file's `sending`, then its `gate`, then `names`, then for a moment one of `tree`, `handles` or a file's state. None of the last three is held across a wait.
package final class Volume: FileSystem {
    let store: any ObjectStore
    /// What the store offers beside objects; nil where that is nothing.
    let services: (any ObjectServices)?
    let options: VolumeOptions
    let keys: KeySpace
    /// Nil for a volume that allows no changes.
    let state: StateFolder?
    /// What was asked of objects before; nil where nothing is remembered.
    let metadata: MetadataCache?
    let logger: Logger
    let tree: Mutex<Tree>
    let handles = Mutex(HandleTable())
    /// Commits of single files go in together, the rename of a folder alone: no file may be stored under a name that is being moved.
    let names = SharedGate()
    let moves = MovesUnderWay()
    let uploads: TransferPool
    let copies: Semaphore
    let runner: PlanRunner
    let queue = UploadQueue()
    let partSizes: StreamingPartSizes
    let reading: ReadEngine
    let ahead: AttributeAhead
    let walks = FolderWalks()
    /// Who reads one file of a folder after the other.
    let readers = FolderWalks()
    let prepared = PreparedListings()
    let searches = InodeSearches()
    let usage = KnownUsage()
    let folders = FolderChanges()
    /// Nil for a volume that allows no changes.
    let deletions: DeletionQueue?
    let recent = Mutex(RecentAnswers())
    let absent = Mutex(AbsentNames())
    let held = Mutex(HeldMemory())
    /// What the names take that open directories have given out, in bytes.
    let openNames = Atomic<Int>(0)
    let kernel = Mutex<(any KernelNotifier)?>(nil)

    /// `reading` reads from the same store; nil for one of its own, without a cache. `metadata`: what is remembered of objects.
    package init(
        _ store: any ObjectStore, services: (any ObjectServices)? = nil, options: VolumeOptions, state: StateFolder?, reading: ReadEngine? = nil,
        metadata: MetadataCache? = nil,
        logger: Logger
    ) {
        let deletions = state.map { DeletionQueue(store, $0.journal, idle: max(options.deletionDelay, options.writeBackDelay), logger: logger) }
        let store: any ObjectStore = if let deletions { HidingStore(base: store, deletions: deletions) } else { store }
        self.store = store
        self.deletions = deletions
        self.services = services
        self.options = options
        self.state = state
        self.metadata = metadata
        self.logger = logger
        keys = KeySpace(prefix: options.prefix, maximumKeyBytes: store.limits.key)
        uploads = TransferPool(options.transfers)
        copies = Semaphore(options.transfers)
        partSizes = StreamingPartSizes(first: options.partSize, limits: store.limits)
        ahead = AttributeAhead(limit: options.attributeRequests)
        let reading = reading ?? ReadEngine(store, memory: MemoryBudget(limit: 256 << 20), logger: logger)
        self.reading = reading
        runner = PlanRunner(store, pool: uploads, memory: reading.memory, logger: logger)
        tree = Mutex(Tree(root: Self.root(options), listedNames: options.maximumListedNames))
    }

    private static func root(_ options: VolumeOptions) -> Node {
        let now = Timestamp.now
        var node = Node(
            attributes: Attributes(
                inode: .root, kind: .directory, permissions: options.directoryPermissions,
                userID: options.userID, groupID: options.groupID, size: 0, accessed: now, modified: now, changed: now))
        node.references = 1
        node.hasMarker = true
        return node
    }

    // MARK: Shared by the operations

    func checkWritable() throws(Errno) {
        if options.isReadOnly || state == nil { throw Errno.readOnly }
    }

    var copier: ObjectCopier { ObjectCopier(store, limiter: copies, journal: state?.journal) }

    func path(of inode: Inode) throws(Errno) -> [FileName] {
        guard let path = tree.withLock({ $0.path(of: inode) }) else { throw Errno.stale }
        return path
    }

    func node(_ inode: Inode) throws(Errno) -> Node {
        guard let node = tree.withLock({ $0[inode] }) else { throw Errno.stale }
        return node
    }

    /// What stat shows now. The file's own state is looked at with the tree locked, so that a commit is seen as a whole or not at all.
    func currentAttributes(of inode: Inode) throws(Errno) -> Attributes {
        guard let attributes = tree.withLock({ $0[inode]?.currentAttributes }) else { throw Errno.stale }
        return attributes
    }

    func entry(_ attributes: Attributes) -> Entry {
        let generation = tree.withLock { $0.forgotten.generation(of: attributes.inode) }
        return Entry(attributes: attributes, nameTTL: options.metadataTTL, attributeTTL: options.metadataTTL, generation: generation)
    }

    /// Runs a request to the store; its failure is logged and becomes the errno of the one table.
    func asking<Value>(_ body: () async throws(StoreError) -> Value) async throws(Errno) -> Value {
        do throws(StoreError) {
            return try await body()
        } catch {
            if error.reason != .cancelled && error.reason != .noSuchKey { logger.error("\(error)") }
            throw error.errno
        }
    }

    package func connected(to kernel: any KernelNotifier) {
        self.kernel.withLock { $0 = kernel }
    }

    // MARK: What needs no request

    /// How many inodes are kept in memory.
    package var knownInodes: Int { tree.withLock { $0.count } }

    package func forget(_ inode: Inode, count: UInt64) {
        tree.withLock { $0.forget(inode, count: count) }
        tellMemory()
    }

    /// Asked only where the kernel does not check permissions itself.
    package func checkAccess(_ access: AccessMask, of inode: Inode, for caller: Caller) async throws(Errno) {
        if access.contains(.write) { try checkWritable() }
        try node(inode).protection.check(access, by: caller)
    }

    package var clearsSetID: Bool { options.keepsAttributes && state != nil }
}
