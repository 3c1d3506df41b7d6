import FileSystemTypes
import ObjectStorage
import TestSupport

extension CarelessStore {
    var capabilities: Capabilities { inner.capabilities }

    func append(
        _ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes
    ) async throws(StoreError) -> AppendReceipt {
        try await inner.append(key, at: position, body, attributes)
    }

    func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt {
        try await inner.modify(key, at: position, body)
    }

    func truncate(_ key: Key, to size: Int64) async throws(StoreError) {
        try await inner.truncate(key, to: size)
    }

    func rename(_ key: Key, to destination: Key) async throws(StoreError) {
        try await inner.rename(key, to: destination)
    }

    func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) {
        try await inner.replaceAttributes(key, attributes)
    }
}
