internal import FileSystemTypes
internal import LocalFiles
internal import Logging
internal import Memory
internal import Synchronization
internal import Threads

/// Blocks on the disk, in a few large files that are only added to and dropped whole, oldest first.
///
/// Why not a file for each block: 100 GiB would be 800,000 files to list, to stat and to remove. In a large file a block is one pwrite(2), dropping
/// 500 of them one unlink(2), which no crash can tear; nothing on the disk is ever changed in place, so there is nothing to repair. A block that was read
/// since it was written is written again when its file is dropped: that makes first-in-first-out nearly least-recently-used, and nothing is
/// written while everything fits.
///
/// Several processes share a folder. Each adds to a file of its own, which it holds locked (flock(2)); complete files belong to nobody: all
/// read them, and whoever needs room removes the oldest. Nothing in memory has to agree between them, since a block tells itself what it is.
final class DiskTier: Sendable {
    let options: DiskCacheOptions
    let folder: CacheFolder
    let index = BlockIndex()
    let segments: SegmentTable
    let queue: WriteQueue
    let counters: SharedCounters
    let budget: MemoryBudget
    let logger: Logger
    /// Bytes of all files in the folder when it was last looked at.
    let used = Atomic<Int64>(0)
    /// The index of what was there has been read.
    let isLoaded = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)
    private let readers: BlockingExecutor
    private let queueLimit: Int

    /// Blocks on the local disk for a moment: the index is read afterwards.
    init(_ options: DiskCacheOptions, budget: MemoryBudget, counters: SharedCounters, logger: Logger) throws(CacheError) {
        self.options = options
        self.budget = budget
        self.counters = counters
        self.logger = logger
        folder = CacheFolder(path: options.folder)
        segments = SegmentTable(folder: folder)
        queueLimit = min(32 << 20, budget.limit / 16)
        queue = WriteQueue(limit: queueLimit)
        try folder.claim()
        do throws(ThreadError) {
            readers = try BlockingExecutor(name: "cache-read", threads: 4)
        } catch {
            throw CacheError(error.description)
        }
        try startKeeper()
    }

    private func startKeeper() throws(CacheError) {
        budget.charge(queueLimit, for: .cache)
        do throws(ThreadError) {
            try NamedThread.start("cache-disk") { [self] in
                var keeper = Keeper(self)
                keeper.run()
                segments.close()
                budget.release(queueLimit, for: .cache)
                readers.stop()
                hasEnded.store(true, ordering: .releasing)
            }.detach()
        } catch {
            budget.release(queueLimit, for: .cache)
            readers.stop()
            throw CacheError(error.description)
        }
    }

    /// Writes what waits, for a few seconds at most.
    func close() async {
        queue.close()
        for _ in 0..<500 {
            guard !hasEnded.load(ordering: .acquiring) else { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
        logger.warning("the disk of the cache \(folder.path) does not answer; what was to be written there is left")
    }

    func contains(_ id: BlockID) -> Bool {
        index.find(id.fingerprint) != nil
    }

    /// The block proved to be one that is asked for again, in memory.
    func touch(_ id: BlockID) {
        index.touch(id.fingerprint)
    }

    /// Takes the block to be written some time later, unless the disk has it or does not keep up.
    func insert(_ id: BlockID, _ bytes: Bytes) {
        guard !contains(id), !queue.offer(id, bytes) else { return }
        counters.change { $0.notWritten += 1 }
    }

    // MARK: Reading

    /// Those of the blocks that are there and are what was written.
    func read(_ ids: [BlockID]) async -> [Bytes?] {
        await withTaskExecutorPreference(readers) { () async -> [Bytes?] in
            self.announce(ids)
            return ids.map { self.read($0) }
        }
    }

    /// Tells the kernel of a run before its blocks are read one by one.
    private func announce(_ ids: [BlockID]) {
        guard ids.count > 1, let first = index.find(ids[0].fingerprint), let last = index.find(ids[ids.count - 1].fingerprint) else { return }
        guard first.segment == last.segment, first.offset < last.offset else { return }
        let range = Int64(first.offset) * BlockHeader.unit..<Int64(last.offset) * BlockHeader.unit + BlockCache.blockSize
        // Blocks of others may lie between them.
        guard range.count <= 2 * ids.count * Int(BlockCache.blockSize) else { return }
        try? segments.open(first.segment)?.file.willRead(range)
    }

    private func read(_ id: BlockID) -> Bytes? {
        let fingerprint = id.fingerprint
        guard let place = index.find(fingerprint) else { return nil }
        do throws(Errno) {
            guard let segment = try segments.open(place.segment) else { return drop(fingerprint, place, damaged: true) }
            let offset = Int64(place.offset) * BlockHeader.unit
            let bytes = try segment.file.read(at: offset, count: BlockHeader.size + id.length)
            return check(id, place, bytes, nonce: segment.nonce)
        } catch {
            // Files that somebody has removed are no damage.
            return drop(fingerprint, place, damaged: error != .noSuchFile)
        }
    }

    private func check(_ id: BlockID, _ place: BlockIndex.Place, _ bytes: [UInt8], nonce: UInt64) -> Bytes? {
        let content = bytes.dropFirst(BlockHeader.size)
        if options.verifies {
            guard let header = BlockHeader(bytes[...], nonce: nonce) else { return drop(id.fingerprint, place, damaged: true) }
            // Another block with the same fingerprint.
            guard header.isOf(id) else { return drop(id.fingerprint, place, damaged: false) }
            guard content.count == id.length, CRC32C.check(of: content) == header.check else { return drop(id.fingerprint, place, damaged: true) }
        }
        index.touch(id.fingerprint)
        return Bytes(content)
    }

    private func drop(_ fingerprint: UInt64, _ place: BlockIndex.Place, damaged: Bool) -> Bytes? {
        index.remove(fingerprint, at: place)
        guard damaged else { return nil }
        counters.change { $0.damaged += 1 }
        if let name = segments.report(place.segment) {
            logger.warning("\(folder.filePath(name.text)) holds other bytes than were written; they are read from the store again")
        }
        return nil
    }
}
