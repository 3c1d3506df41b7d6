import FileSystemTypes
import ObjectStorage
import Synchronization

/// A body that gives its bytes in pieces of a fixed length.
final class SlicedBody: ObjectBody {
    private let bytes: Bytes
    private let length: Int
    private let offset = Mutex(0)

    init(_ bytes: Bytes, _ length: Int) {
        self.bytes = bytes
        self.length = length
    }

    func next() async throws(StoreError) -> Bytes? {
        let piece = offset.withLock { offset in
            defer { offset = min(bytes.count, offset + length) }
            return bytes.slice(from: offset, upTo: length)
        }
        return piece.isEmpty ? nil : piece
    }

    func cancel() {
        offset.withLock { $0 = bytes.count }
    }
}
