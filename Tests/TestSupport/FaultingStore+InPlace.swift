package import FileSystemTypes
package import ObjectStorage

extension FaultingStore {
    package func append(
        _ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes
    ) async throws(StoreError) -> AppendReceipt {
        try await perform(.append) { () throws(StoreError) in try await inner.append(key, at: position, body, attributes) }
    }

    package func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt {
        try await perform(.modify) { () throws(StoreError) in try await inner.modify(key, at: position, body) }
    }

    package func truncate(_ key: Key, to size: Int64) async throws(StoreError) {
        try await perform(.truncate) { () throws(StoreError) in try await inner.truncate(key, to: size) }
    }

    package func rename(_ key: Key, to destination: Key) async throws(StoreError) {
        try await perform(.rename) { () throws(StoreError) in try await inner.rename(key, to: destination) }
    }

    package func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) {
        try await perform(.replaceAttributes) { () throws(StoreError) in try await inner.replaceAttributes(key, attributes) }
    }
}
