internal import Content
internal import FileSystemTypes
internal import Memory
internal import Synchronization

/// Whole small files that were fetched before anybody read them: each until its first reader takes it over, or until it gives way.
///
/// What it holds is counted as `readAhead` in the memory budget, and has been reserved by whoever puts it in.
final class FilesAhead: Sendable {
    private struct File {
        let bytes: Bytes
        let number: Int
        let since: ContinuousClock.Instant
    }

    private struct State {
        var files: [ObjectVersion: File] = [:]
        /// Oldest first; some of them may be gone.
        var order: [(version: ObjectVersion, number: Int)] = []
        var puts = 0
        var bytes = 0

        /// Takes out the oldest that is there, if `isDue` holds for it.
        mutating func removeOldest(_ isDue: (File) -> Bool = { _ in true }) -> File? {
            while let oldest = order.first {
                if let file = files[oldest.version], file.number == oldest.number {
                    return isDue(file) ? remove(oldest.version) : nil
                }
                order.removeFirst()
            }
            return nil
        }

        mutating func remove(_ version: ObjectVersion) -> File? {
            guard let file = files.removeValue(forKey: version) else { return nil }
            bytes -= file.bytes.count
            if order.count > 2 * files.count + 64 { order = order.filter { files[$0.version]?.number == $0.number } }
            return file
        }
    }

    /// The most that is kept, in bytes.
    let limit: Int
    /// What nobody has read for so long gives way to what is fetched now.
    private static let lifetime = Duration.seconds(20)

    private let memory: MemoryBudget
    private let state = Mutex(State())

    init(_ memory: MemoryBudget) {
        self.memory = memory
        limit = min(32 << 20, memory.share(of: .readAhead) / 4)
        memory.onShortage(of: .readAhead) { [weak self] in self?.shrink(by: $0) }
    }

    func contains(_ version: ObjectVersion) -> Bool {
        state.withLock { $0.files[version] != nil }
    }

    /// Reserves memory for a file that is to be put in; false where there is none.
    func reserve(_ bytes: Int) -> Bool {
        let isFull = state.withLock { $0.bytes + bytes > limit }
        if isFull { giveUp(olderThan: Self.lifetime) }
        guard state.withLock({ $0.bytes + bytes <= limit }) else { return false }
        return memory.reserve(bytes, for: .readAhead)
    }

    /// `bytes` are all of the version, and reserved.
    func put(_ version: ObjectVersion, _ bytes: Bytes) {
        let replaced = state.withLock { state -> File? in
            let old = state.remove(version)
            state.puts += 1
            state.files[version] = File(bytes: bytes, number: state.puts, since: .now)
            state.order.append((version, state.puts))
            state.bytes += bytes.count
            return old
        }
        if let replaced { memory.release(replaced.bytes.count, for: .readAhead) }
    }

    /// Whoever takes it releases its memory.
    func take(_ version: ObjectVersion) -> Bytes? {
        state.withLock { $0.remove(version)?.bytes }
    }

    private func giveUp(olderThan age: Duration) {
        let last = ContinuousClock.now - age
        letGo({ _ in true }, while: { $0.since < last })
    }

    private func shrink(by bytes: Int) {
        letGo({ $0 < bytes }, while: { _ in true })
    }

    /// From the oldest on, as long as the bytes that were let go are too few and the next file may go.
    private func letGo(_ areTooFew: (Int) -> Bool, while isDue: (File) -> Bool) {
        let freed = state.withLock { state in
            var freed = 0
            while areTooFew(freed), let file = state.removeOldest(isDue) { freed += file.bytes.count }
            return freed
        }
        memory.release(freed, for: .readAhead)
    }
}
