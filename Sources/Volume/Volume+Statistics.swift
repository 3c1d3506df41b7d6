package import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import Synchronization
internal import Threads

/// What statfs(2) says.
extension Volume {
    /// In bytes.
    private static var blockSize: UInt64 { 1 << 16 }
    /// Of a bucket without a quota: large figures that no program overflows on.
    private static var manyBlocks: UInt64 { 1 << 40 }
    private static var manyInodes: UInt64 { 1 << 32 }

    package func statistics() async throws(Errno) -> FileSystemStatistics {
        let usage = if let services { await usage.now(services, logger) } else { BucketUsage?.none }
        let used = usage.map { UInt64($0.bytes) } ?? 0
        let quota = usage?.quota.map { UInt64($0) } ?? Self.manyBlocks * Self.blockSize
        // A quota may be set below what is there already.
        let total = max(quota, used)
        return FileSystemStatistics(
            blockSize: Self.blockSize, totalBlocks: total.blocks(of: Self.blockSize),
            freeBlocks: (total - used) / Self.blockSize, totalInodes: Self.manyInodes,
            freeInodes: Self.manyInodes - min(Self.manyInodes, UInt64(usage?.objects ?? 0)), maximumNameLength: UInt64(FileName.maximumBytes))
    }
}

extension UInt64 {
    fileprivate func blocks(of size: UInt64) -> UInt64 { (self + size - 1) / size }
}

/// What the store has said of its bucket as a whole: asked for at most once a minute, and waited for only briefly.
final class KnownUsage: Sendable {
    private struct State {
        var usage: BucketUsage?
        var asked: ContinuousClock.Instant?
        /// The request that is under way, or was the last.
        var asking: Task<Void, Never>?
    }

    private static let age: Duration = .seconds(60)
    private static let patience: Duration = .seconds(2)
    private let state = Mutex(State())

    /// Nil where the store does not say, or has not said yet.
    func now(_ services: any ObjectServices, _ logger: Logger) async -> BucketUsage? {
        let asking = state.withLock { state in
            if let asked = state.asked, .now < asked + Self.age { return state.asking }
            state.asked = .now
            state.asking = Task { await self.ask(services, logger) }
            return state.asking
        }
        let reply = Reply<Void>()
        Task {
            await asking?.value
            reply.answer(())
        }
        await reply.wait(atMost: Self.patience, late: ())
        return state.withLock { $0.usage }
    }

    private func ask(_ services: any ObjectServices, _ logger: Logger) async {
        do throws(StoreError) {
            let usage = try await services.usage()
            state.withLock { $0.usage = usage }
        } catch {
            logger.info("how much is in the bucket is not known: \(error)")
        }
    }
}
