internal import FileSystemTypes
internal import Logging
internal import Memory
internal import Synchronization

extension Keeper {
    /// What a look at a file has led to.
    private enum Finding {
        case indexed
        /// Another process is adding to it.
        case inUse
        /// It holds nothing that can be read.
        case useless
    }

    /// Reads which blocks the files hold that are not known yet, the newest first. Requests are served meanwhile.
    mutating func load() {
        let stamp = tier.folder.stamp()
        guard let names = try? tier.folder.segments() else { return }
        forgetAll(but: names)
        let unknown = names.filter { $0.isOfThisVersion && !tier.segments.contains($0) }
        for name in unknown.sorted().reversed() {
            // The oldest files may stay unknown: they are the next to be dropped.
            guard !tier.queue.isClosed, !indexIsFull else { break }
            look(at: name)
            chargeIndex(entries: tier.index.count)
        }
        self.stamp = stamp
        tier.logger.debug("the cache \(tier.folder.path) has \(tier.index.count) blocks in \(names.count) files")
    }

    private mutating func look(at name: SegmentName) {
        unready.remove(name)
        do throws(Errno) {
            switch try finding(name) {
            case .indexed: break
            case .inUse: unready.insert(name)
            case .useless: tier.folder.remove(name)
            }
        } catch {
            // Gone, or unreadable: it is looked at again when the folder changes, and dropped with age.
        }
    }

    private mutating func finding(_ name: SegmentName) throws(Errno) -> Finding {
        let file = try SegmentFile.open(tier.folder.filePath(name.text))
        if let scan = try SegmentScan(file), scan.header.isSealed {
            enter(try scan.entries(), name)
            return .indexed
        }
        return try complete(name)
    }

    /// A file that its writer left, or one whose header is damaged.
    private mutating func complete(_ name: SegmentName) throws(Errno) -> Finding {
        guard let file = try? SegmentFile.open(tier.folder.filePath(name.text), forWriting: true) else { return try leave(name) }
        return try tier.folder.exclusively { () throws(Errno) in
            guard file.lock() else { return .inUse }
            defer { file.unlock() }
            guard let scan = try SegmentScan(file) else { return .useless }
            guard !scan.header.isSealed else { return .inUse }
            let (entries, end) = try scan.walk()
            guard !entries.isEmpty else { return .useless }
            // Without space for its table it is read block by block the next time, too.
            try? scan.seal(entries, end: end)
            enter(entries, name)
            return .indexed
        }
    }

    /// In a folder that cannot be written nothing is completed.
    private mutating func leave(_ name: SegmentName) throws(Errno) -> Finding {
        guard let scan = try SegmentScan(try SegmentFile.open(tier.folder.filePath(name.text))) else { return .inUse }
        enter(try scan.entries(), name)
        return .indexed
    }

    private func enter(_ entries: [TableEntry], _ name: SegmentName) {
        let number = tier.segments.add(name)
        for entry in entries {
            tier.index.insert(entry.fingerprint, BlockIndex.Place(segment: number, offset: entry.place), replacing: false)
        }
    }
}
