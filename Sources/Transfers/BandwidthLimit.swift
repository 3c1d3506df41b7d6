internal import FileSystemTypes
internal import Synchronization

/// The one rate that all bytes of a transfer share.
package final class BandwidthLimit: Sendable {
    private let bucket: Mutex<TokenBucket?>
    /// How many bytes a reader gives at a time.
    package let piece: Int
    package let rate: Int64?

    /// In bytes a second; nil for no limit.
    package init(_ rate: Int64?) {
        let bucket = rate.map { TokenBucket(rate: $0, at: .now) }
        self.rate = rate
        piece = bucket?.piece ?? .max
        self.bucket = Mutex(bucket)
    }

    /// Returns when `count` bytes may go, or the task is cancelled.
    package func pass(_ count: Int) async {
        let wait = bucket.withLock { $0?.take(count, at: .now) ?? .zero }
        if wait > .zero { try? await Task.sleep(for: wait) }
    }

    /// So many transfers at the same time, at most, that none stands still for long.
    package func useful(_ parallel: Int) -> Int {
        guard let rate else { return parallel }
        return Int(min(Int64(parallel), max(1, rate / (128 << 10))))
    }
}

/// A body whose bytes go no faster than allowed. What is read to take a digest of it is not counted.
struct LimitedSource: ByteSource {
    let base: any ByteSource
    let limit: BandwidthLimit
    /// Told of bytes that were given to be sent.
    let sent: @Sendable (Int) -> Void

    var count: Int64 { base.count }

    func read(at offset: Int64, upTo maximum: Int) async throws(Errno) -> Bytes {
        if ByteReading.isForDigest { return try await base.read(at: offset, upTo: maximum) }
        let bytes = try await base.read(at: offset, upTo: min(maximum, limit.piece))
        await limit.pass(bytes.count)
        sent(bytes.count)
        return bytes
    }
}
