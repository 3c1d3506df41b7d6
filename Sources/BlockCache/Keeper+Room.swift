internal import FileSystemTypes
internal import LocalFiles
internal import Synchronization

extension Keeper {
    /// A file that has been removed, and the blocks in it that were read since they were written.
    private struct Dropped {
        let segment: OpenSegment?
        let hot: [BlockIndex.Place]
    }

    /// More files are never there: each start of a mount that writes leaves one.
    private static let mostSegments = 4096

    /// Makes room, and a new file to add to. What was read of the files dropped for it is written again, three quarters of a file at
    /// most.
    mutating func startSegment() throws(Errno) {
        let dropped = try claimingAgain { keeper throws(Errno) in
            try keeper.tier.folder.exclusively { () throws(Errno) in try keeper.replaceOldest() }
        }
        for file in dropped { rewrite(file) }
    }

    /// When the folder is gone it is made again.
    private mutating func claimingAgain<Result>(_ body: (inout Keeper) throws(Errno) -> Result) throws(Errno) -> Result {
        do throws(Errno) {
            return try body(&self)
        } catch {
            guard error == .noSuchFile else { throw error }
        }
        do throws(CacheError) {
            try tier.folder.claim()
        } catch {
            throw .noSuchFile
        }
        return try body(&self)
    }

    private mutating func replaceOldest() throws(Errno) -> [Dropped] {
        let size = tier.options.segmentSize
        let dropped = try makeRoom(for: size)
        do throws(Errno) {
            try makeSegment(size)
            return dropped
        } catch {
            guard error == .noSpace, !dropped.isEmpty else { throw error }
        }
        // A full disk has the space of a removed file only once that is closed: what was read of it is lost.
        _ = consume dropped
        try makeSegment(size)
        return []
    }

    private mutating func makeSegment(_ size: Int64) throws(Errno) {
        var random = SystemRandomNumberGenerator()
        let now = Timestamp.now
        let newest = tier.segments.names.max()?.moment ?? 0
        // A clock that was set back does not make the newest file the oldest.
        let moment = max(UInt64(clamping: now.seconds) * 1_000_000_000 + UInt64(now.nanoseconds), newest + 1)
        let name = SegmentName(moment: moment, random: random.next())
        let file = try SegmentFile.make(tier.folder.filePath(name.text))
        do throws(Errno) {
            guard file.lock() else { throw .busy }
            let number = tier.segments.add(name)
            let made = try SegmentWriter(file, name: name, number: number, nonce: random.next(), limit: size)
            tier.segments.keep(number, made.segment)
            writer = made
        } catch {
            tier.folder.remove(name)
            forget([name])
            throw error
        }
    }

    /// Removes the oldest files until `bytes` more fit into the cache and leave the disk its free space; fails with `noSpace` when all that can be
    /// removed is not enough. The folder must be locked.
    ///
    /// One file less than the limit allows: a file that was removed takes its space until what was read of it has been written again.
    private mutating func makeRoom(for bytes: Int64) throws(Errno) -> [Dropped] {
        var files = try tier.folder.segments().sorted().map { ($0, tier.folder.space(of: $0) ?? 0) }
        forgetAll(but: files.map(\.0))
        let most = tier.options.limit - tier.options.segmentSize
        var total = files.reduce(0) { $0 + $1.1 }
        var free = try tier.folder.freeSpace()
        var dropped: [Dropped] = []
        files.reverse()
        var count = files.count
        while total + bytes > most || free - bytes < tier.options.freeSpaceFloor || count >= Self.mostSegments || indexIsFull {
            guard let (oldest, space) = files.popLast() else { break }
            guard let file = drop(oldest) else { continue }
            dropped.append(file)
            total -= space
            free += space
            count -= 1
        }
        guard total + bytes <= most, free - bytes >= tier.options.freeSpaceFloor else { throw .noSpace }
        tier.used.store(total + bytes, ordering: .relaxed)
        return dropped
    }

    /// Removes a file unless somebody, perhaps this process, is adding to it.
    private mutating func drop(_ name: SegmentName) -> Dropped? {
        guard let file = try? SegmentFile.open(tier.folder.filePath(name.text)) else {
            // A link, a folder: not ours, but in the way.
            return tier.folder.remove(name) ? Dropped(segment: nil, hot: []) : nil
        }
        guard file.lock() else { return nil }
        guard tier.folder.remove(name) else { return nil }
        return Dropped(segment: try? OpenSegment(file), hot: forget([name]))
    }

    /// The blocks of these files are not there any more. Returns the places of those that were read.
    @discardableResult mutating func forget(_ names: some Sequence<SegmentName>) -> [BlockIndex.Place] {
        let numbers = tier.segments.remove(names)
        guard !numbers.isEmpty else { return [] }
        let (count, hot) = tier.index.remove(segments: numbers)
        tier.counters.change { $0.evicted += Int64(count) }
        return hot
    }

    /// Files that are not in the folder any more. One that somebody removed while it was being added to is given up.
    mutating func forgetAll(but present: [SegmentName]) {
        let present = Set(present)
        unready.formIntersection(present)
        forget(tier.segments.names.filter { !present.contains($0) })
        if let name = writer?.name, !present.contains(name) { writer = nil }
    }

    /// Copies blocks of a file without a name into the one that is being added to.
    private mutating func rewrite(_ dropped: Dropped) {
        guard let segment = dropped.segment, let number = writer?.number else { return }
        for place in dropped.hot.sorted(by: { $0.offset < $1.offset }) {
            let offset = Int64(place.offset) * BlockHeader.unit
            guard let start = try? segment.file.read(at: offset, count: BlockHeader.size),
                let header = BlockHeader(start[...], nonce: segment.nonce)
            else { continue }
            // A quarter of the file stays for what is new; and writing may have been turned off.
            guard let writer, writer.number == number, writer.fits(header.length + Int(tier.options.segmentSize / 4)) else { return }
            guard let content = try? segment.file.read(at: offset + Int64(BlockHeader.size), count: header.length),
                content.count == header.length, CRC32C.check(of: content[...]) == header.check
            else { continue }
            tier.counters.change { $0.evicted -= 1 }
            add(header, Bytes(content))
        }
    }

    // MARK: From time to time

    /// Looks for files that have come or gone, and keeps to the limits also when others use the disk.
    mutating func upkeep() {
        guard let stamp = tier.folder.stamp() else {
            // Somebody has removed the folder.
            forgetAll(but: [])
            tier.used.store(0, ordering: .relaxed)
            return
        }
        if stamp != self.stamp || !unready.isEmpty { load() }
        giveWay()
        chargeIndex(entries: tier.index.count)
    }

    private mutating func giveWay() {
        guard let free = try? tier.folder.freeSpace() else { return }
        let isShort = free < tier.options.freeSpaceFloor
        // What it has in advance is free again.
        if isShort { seal() }
        guard isShort || usedSpace() > tier.options.limit - tier.options.segmentSize else { return }
        // The blocks are lost, also those that were read: there is no room to write them again.
        _ = try? tier.folder.exclusively { () throws(Errno) in try makeRoom(for: 0) }
    }

    private func usedSpace() -> Int64 {
        let names = (try? tier.folder.segments()) ?? []
        let total = names.reduce(0) { $0 + (tier.folder.space(of: $1) ?? 0) }
        tier.used.store(total, ordering: .relaxed)
        return total
    }
}
