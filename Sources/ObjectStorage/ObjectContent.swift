package import FileSystemTypes
import Synchronization

/// An answered GET: what is known of the object, and its bytes as they arrive.
package struct ObjectContent: Sendable {
    package let info: ObjectInfo
    /// The range of the object that `body` carries.
    package let range: ByteRange
    package let body: any ObjectBody

    package init(info: ObjectInfo, range: ByteRange, body: any ObjectBody) {
        self.info = info
        self.range = range
        self.body = body
    }

    /// All bytes of the body. Fails with `invalidResponse` when there are not `range.count` of them.
    package func collect() async throws(StoreError) -> Bytes {
        var bytes = Bytes()
        while let more = try await body.next() { bytes.append(more) }
        guard Int64(bytes.count) == range.count else {
            throw StoreError(.invalidResponse, "the body has \(bytes.count) bytes instead of \(range.count)")
        }
        return bytes
    }
}

/// The bytes of an answer as they arrive: one reader, front to back.
package protocol ObjectBody: Sendable {
    /// The next bytes, never empty; nil after the last. A body that breaks off throws and never ends early with nil.
    func next() async throws(StoreError) -> Bytes?
    /// Nobody reads on: lets go of the connection. Dropping the body does the same.
    func cancel()
}

/// A body that is in memory already.
package final class BytesBody: ObjectBody {
    private let rest: Mutex<Bytes?>

    package init(_ bytes: Bytes) {
        rest = Mutex(bytes.isEmpty ? nil : bytes)
    }

    package func next() async throws(StoreError) -> Bytes? {
        rest.withLock { bytes in
            defer { bytes = nil }
            return bytes
        }
    }

    package func cancel() {
        rest.withLock { $0 = nil }
    }
}
