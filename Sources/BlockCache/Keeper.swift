internal import FileSystemTypes
internal import LocalFiles
internal import Logging
internal import Memory
internal import Synchronization

/// The one thread of a cache that changes its folder: it reads the index of what is there, writes blocks, and makes room.
struct Keeper {
    let tier: DiskTier
    var writer: SegmentWriter?
    /// Written to the buffer of `writer`, known to the index once they are in the file.
    private var unflushed: [(fingerprint: UInt64, place: BlockIndex.Place)] = []
    /// Files that another process is adding to.
    var unready: Set<SegmentName> = []
    var stamp: [Int64]?
    private var chargedIndex = 0
    private var offUntil: ContinuousClock.Instant?
    private var isOff = false
    private var nextUpkeep = ContinuousClock.now

    /// How long closing may take.
    private static let closingTime = Duration.seconds(2)

    init(_ tier: DiskTier) {
        self.tier = tier
    }

    /// Until the cache is closed.
    mutating func run() {
        load()
        upkeep()
        tier.isLoaded.store(true, ordering: .releasing)
        while true {
            switch tier.queue.next(atMost: tier.options.upkeepInterval) {
            case .blocks(let blocks): write(blocks, until: nil)
            case .nothing: break
            case .last(let blocks):
                write(blocks, until: .now + Self.closingTime)
                seal()
                chargeIndex(entries: 0)
                return
            }
            guard ContinuousClock.now >= nextUpkeep else { continue }
            upkeep()
            nextUpkeep = .now + tier.options.upkeepInterval
        }
    }

    // MARK: Writing

    private mutating func write(_ blocks: [(id: BlockID, bytes: Bytes)], until deadline: ContinuousClock.Instant?) {
        for (number, block) in blocks.enumerated() {
            guard !tier.contains(block.id) else { continue }
            guard deadline.map({ $0 > .now }) ?? true, isReady(for: block.bytes.count) else {
                tier.counters.change { $0.notWritten += Int64(blocks.count - number) }
                break
            }
            let check = block.bytes.pieces.reduce(0) { CRC32C.update($0, $1) }
            add(BlockHeader(block.id, check: check), block.bytes)
        }
        flush()
        chargeIndex(entries: tier.index.count)
    }

    mutating func add(_ header: BlockHeader, _ bytes: Bytes) {
        guard let place = writer?.add(header, bytes) else { return }
        unflushed.append((header.fingerprint, place))
        if writer?.isFull == true { flush() }
    }

    private mutating func flush() {
        guard writer != nil else { return unflushed.removeAll() }
        do throws(Errno) {
            let before = writer?.length ?? 0
            try writer?.flush()
            let bytes = (writer?.length ?? 0) - before
            tier.counters.change { $0.bytesWritten += bytes }
            for (fingerprint, place) in unflushed { tier.index.insert(fingerprint, place, replacing: true) }
            unflushed.removeAll(keepingCapacity: true)
        } catch {
            unflushed.removeAll()
            turnOff(error)
        }
    }

    /// Whether a block can be added now: there is a file with room for it, or a new one could be made.
    private mutating func isReady(for length: Int) -> Bool {
        if let writer, writer.fits(length) { return true }
        seal()
        guard offUntil.map({ $0 <= .now }) ?? true else { return false }
        do throws(Errno) {
            try startSegment()
            turnOn()
            return true
        } catch {
            turnOff(error)
            return false
        }
    }

    /// Completes the file that is being added to. If that fails it stays as it is: the next who looks at it finds its blocks.
    mutating func seal() {
        flush()
        guard let complete = writer.take() else { return }
        if complete.isEmpty {
            tier.folder.remove(complete.name)
            forget([complete.name])
        } else {
            complete.finish()
        }
    }

    // MARK: Failures

    /// Nothing is written for a while; what is there is still read.
    private mutating func turnOff(_ errno: Errno) {
        unflushed.removeAll()
        if let left = writer.take() { left.finish() }
        offUntil = .now + tier.options.retryDelay
        guard !isOff else { return }
        isOff = true
        let folder = tier.folder.path
        let reason =
            switch errno {
            case .noSpace, .quotaExceeded: "its disk is full, or has less than \(tier.options.freeSpaceFloor >> 20) MiB free"
            case .busy: "another process holds its lock"
            default: "\(errno)"
            }
        tier.logger.warning("nothing is written to the cache \(folder) for now: \(reason); this is tried again by itself")
    }

    private mutating func turnOn() {
        offUntil = nil
        guard isOff else { return }
        isOff = false
        tier.logger.info("the cache \(tier.folder.path) is written to again")
    }

    // MARK: Memory

    mutating func chargeIndex(entries: Int) {
        let cost = entries * BlockIndex.entryCost
        if cost > chargedIndex {
            tier.budget.charge(cost - chargedIndex, for: .cacheIndex)
        } else {
            tier.budget.release(chargedIndex - cost, for: .cacheIndex)
        }
        chargedIndex = cost
    }

    /// The index has all the memory that it may have.
    var indexIsFull: Bool {
        tier.index.count * BlockIndex.entryCost > tier.budget.share(of: .cacheIndex)
    }
}
