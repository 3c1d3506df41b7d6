package import BlockCache
package import Content
internal import FileSystemTypes
package import Logging
package import Memory
package import ObjectStorage
internal import Synchronization

/// How a mount reads.
package struct ReadOptions: Sendable {
    /// Objects up to this size come whole with the first read of them, in bytes.
    package var smallFile: Int64 = 1 << 20
    /// Whole objects are compared with the checksum that the store has of them.
    package var verifies = true

    package init() {}
}

/// Reads the objects of one bucket: what all its readers share.
package final class ReadEngine: Sendable {
    private struct Shared {
        let reader: VersionReader
        var handles: Int
        var lastOpened: Int
    }

    private struct State {
        var versions: [ObjectVersion: Shared] = [:]
        var opened = 0
    }

    let store: any ObjectStore
    /// The same for what nobody has asked for yet.
    let storeAhead: any ObjectStore
    package let options: ReadOptions
    package let memory: MemoryBudget
    let cache: BlockCache?
    let ahead: FilesAhead
    /// What stands for the bucket in the names of cached blocks.
    let bucket: String
    let logger: Logger
    private let state = Mutex(State())
    private let link = Mutex(LinkEstimate())
    private let streams = Atomic<Int>(0)
    private let start = ContinuousClock.now

    /// `ahead` is the same store for requests that can wait, nil where none has to wait; `cache` may serve several engines; `bucket` is the same
    /// text at each mount of a bucket.
    package init(
        _ store: any ObjectStore, ahead: (any ObjectStore)? = nil, options: ReadOptions = ReadOptions(), memory: MemoryBudget,
        cache: BlockCache? = nil, bucket: String = "", logger: Logger
    ) {
        self.store = store
        storeAhead = ahead ?? store
        self.options = options
        self.memory = memory
        self.cache = cache
        self.ahead = FilesAhead(memory)
        self.bucket = bucket
        self.logger = logger
    }

    /// A reader of its own for one open file; whoever reads the same version shares what is fetched. `close` must be called.
    package func open(_ version: ObjectVersion) -> ObjectReader {
        let (reader, number) = state.withLock { state in
            state.opened += 1
            var shared = state.versions[version] ?? Shared(reader: VersionReader(version, in: self), handles: 0, lastOpened: 0)
            shared.handles += 1
            shared.lastOpened = state.opened
            state.versions[version] = shared
            return (shared.reader, state.opened)
        }
        return ObjectReader(ReaderID(number), of: reader, in: self)
    }

    func close(_ version: ObjectVersion) {
        state.withLock { state in
            state.versions[version]?.handles -= 1
            if state.versions[version]?.handles == 0 { state.versions[version] = nil }
        }
    }

    // MARK: What readers share

    var now: Double { (ContinuousClock.now - start) / .seconds(1) }

    func noteFirstByte(after seconds: Double) {
        let now = now
        link.withLock { $0.noteFirstByte(after: seconds, at: now) }
    }

    func noteBytes(_ count: Int) {
        let now = now
        link.withLock { $0.noteBytes(Int64(count), at: now) }
    }

    func noteStreams(_ change: Int) {
        if change != 0 { streams.add(change, ordering: .relaxed) }
    }

    var bytesInFlight: Int64 { link.withLock { $0.bytesInFlight } }

    /// Each stream gets an equal part of one half: the rest is for what lies behind readers, for whole requests and for what is on its way.
    var share: Int64 {
        Int64(memory.share(of: .readAhead)) / 2 / Int64(max(1, streams.load(ordering: .relaxed)))
    }

    /// There was no memory for a window: others that have been idle give up theirs, for the next time.
    func reclaim(for asking: VersionReader) {
        let now = now
        let others = state.withLock { $0.versions.values.map(\.reader) }
        for reader in others where reader !== asking { reader.giveUp(ifIdleSince: now - Self.idleSeconds) }
    }

    /// A window that nobody has used for so long gives way to those in use.
    private static let idleSeconds = 5.0
}
