internal import FileSystemTypes
internal import Synchronization

extension BlockCache {
    /// Drops what memory and the disk have, but for files of the folder that another mount is adding to. False when the disk has not done so
    /// within `limit`; it does it as soon as it can.
    package func clear(within limit: Duration = .seconds(10)) async -> Bool {
        clearMemory()
        return await clearDisk(within: limit)
    }
}

extension DiskTier {
    /// Asks the one thread that changes the folder, and waits until it has done it.
    func clear(within limit: Duration) async -> Bool {
        let wanted = clearings.wanted.add(1, ordering: .acquiringAndReleasing).newValue
        queue.wake()
        let deadline = ContinuousClock.now + limit
        while clearings.done.load(ordering: .acquiring) < wanted {
            guard ContinuousClock.now < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return true
    }
}

/// How often everything was to be dropped, and how often it has been.
final class Clearings: Sendable {
    let wanted = Atomic<Int>(0)
    let done = Atomic<Int>(0)
}

extension Keeper {
    /// Does what somebody has asked for with `DiskTier.clear`.
    mutating func clearIfWanted() {
        let wanted = tier.clearings.wanted.load(ordering: .acquiring)
        guard wanted > tier.clearings.done.load(ordering: .acquiring) else { return }
        seal()
        let names = (try? tier.folder.segments()) ?? []
        _ = try? tier.folder.exclusively { () throws(Errno) in
            for name in names { _ = drop(name) }
        }
        upkeep()
        tier.clearings.done.store(wanted, ordering: .releasing)
    }
}
