internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

/// A range of a stored object as the body of another request: for stores that do not copy it themselves. Pinned to one version.
///
/// It holds one window of the object at a time, and asks again for what is asked of it twice.
final class RangeOfObject: ByteSource {
    private static let windowBytes: Int64 = 8 << 20

    private struct Window {
        var offset: Int64 = 0
        var bytes = Bytes()
        var failure: StoreError?
    }

    private let store: RemoteStore
    private let key: Key
    private let range: ByteRange
    private let etag: ETag?
    private let window = Mutex(Window())

    init(_ store: RemoteStore, _ key: Key, _ range: ByteRange, etag: ETag?) {
        self.store = store
        self.key = key
        self.range = range
        self.etag = etag
    }

    var count: Int64 { range.count }

    /// What the store said when a read failed: `Errno` has no words for it.
    var failure: StoreError? { window.withLock { $0.failure } }

    func read(at offset: Int64, upTo maximum: Int) async throws(Errno) -> Bytes {
        let held = window.withLock { window in
            let start = offset - window.offset
            return start >= 0 && start < Int64(window.bytes.count) ? window.bytes.slice(from: Int(start), upTo: maximum) : Bytes()
        }
        guard held.isEmpty else { return held }
        do throws(StoreError) {
            let wanted = ByteRange(offset: range.offset + offset, count: min(Self.windowBytes, count - offset))
            let bytes = try await store.get(key, range: wanted, ReadConditions(ifMatch: etag)).collect()
            guard Int64(bytes.count) == wanted.count else { throw StoreError(.invalidRange, "\(key) ends before the range that is to be copied") }
            window.withLock { $0 = Window(offset: offset, bytes: bytes) }
            return bytes.slice(from: 0, upTo: maximum)
        } catch {
            window.withLock { $0.failure = error }
            throw .inputOutput
        }
    }
}
