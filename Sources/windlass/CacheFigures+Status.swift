import BlockCache
import Memory
import Reports
import Requests

/// What a mount can be asked about itself while it runs.
struct Gauges: Sendable {
    let gate: RequestGate
    let memory: MemoryBudget
    let cache: BlockCache?
}

extension CacheReport {
    /// What `windlass status` tells of a cache.
    init(_ cache: BlockCache) {
        let usage = cache.usage
        let counters = cache.statistics
        let disk = usage.folder.map { folder in
            Disk(
                folder: folder, usage: MountStatus.Usage(used: usage.disk, limit: usage.diskLimit), blocks: usage.blocksOnDisk,
                isLoading: usage.isLoading, hits: counters.diskHits, bytesWritten: counters.bytesWritten, notWritten: counters.notWritten,
                damaged: counters.damaged, evicted: counters.evicted)
        }
        self.init(
            memory: Int64(usage.memory), disk: disk, memoryHits: counters.memoryHits, misses: counters.misses, bytesRead: counters.bytesRead)
    }
}

extension MemoryReport {
    init(_ memory: MemoryBudget) {
        let used = memory.used.map { ("\($0.key)", Int64($0.value)) }
        self.init(
            usage: MountStatus.Usage(used: Int64(memory.total), limit: Int64(memory.limit)), purposes: Dictionary(uniqueKeysWithValues: used))
    }
}

extension StatusText {
    static func text(_ cache: CacheReport) -> String {
        let looked = cache.memoryHits + (cache.disk?.hits ?? 0) + cache.misses
        var parts = ["\(size(cache.memory)) in memory"]
        if let disk = cache.disk {
            parts.append("\(size(disk.usage.used)) of \(size(disk.usage.limit)) in \(disk.folder)" + (disk.isLoading ? " (being looked at)" : ""))
        }
        if looked > 0 { parts.append("\((looked - cache.misses) * 100 / looked) % of \(looked) blocks found, \(size(cache.bytesRead))") }
        if let damaged = cache.disk?.damaged, damaged > 0 { parts.append("\(damaged) damaged") }
        return parts.joined(separator: "; ")
    }

    static func text(_ memory: MemoryReport) -> String {
        let purposes = memory.purposes.sorted { $0.value > $1.value }.map { "\($0.key) \(size($0.value))" }
        return (["\(size(memory.usage.used)) of \(size(memory.usage.limit))"] + purposes).joined(separator: "; ")
    }
}
