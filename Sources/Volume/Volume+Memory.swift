internal import FileSystemTypes
internal import Memory
internal import Reading
internal import Synchronization

/// What the tree and open directories take, as the memory budget has been told.
///
/// Told in steps of 64 KiB, from outside the tree's lock: whoever is asked to give way for it may take time.
struct HeldMemory: Sendable {
    /// An inode with all that belongs to it: measured on trees whose objects have the usual attributes.
    static let inode = 800
    /// A name of a listing, with what the listing and HEAD have said of its object.
    static let listedName = 500
    private static let step = 64 << 10

    private var told: [MemoryBudget.Purpose: Int] = [:]

    /// Charges or releases what has changed since it was told last.
    mutating func tell(_ budget: MemoryBudget, _ bytes: Int, of purpose: MemoryBudget.Purpose) {
        let before = told[purpose, default: 0]
        guard abs(bytes - before) >= Self.step || bytes == 0 && before > 0 else { return }
        told[purpose] = bytes
        if bytes > before { budget.charge(bytes - before, for: purpose) } else { budget.release(before - bytes, for: purpose) }
    }
}

extension Volume {
    /// To be called after inodes or names may have become more or fewer.
    func tellMemory() {
        let (inodes, names) = tree.withLock { ($0.count, $0.listings.count) }
        let packed = openNames.load(ordering: .relaxed)
        held.withLock { held in
            held.tell(reading.memory, inodes * HeldMemory.inode, of: .inodes)
            held.tell(reading.memory, names * HeldMemory.listedName + packed, of: .directories)
        }
    }

    /// Counts the names that an open directory has given out.
    func count(_ listing: DirectoryListing) {
        openNames.add(listing.growth(), ordering: .relaxed)
    }
}
