package import FileSystemTypes
package import ObjectStorage

/// A view of a store that allows no changes: a conforming type says what is read.
package protocol ReadOnlyStore: ObjectStore {
    var base: any ObjectStore { get }
}

extension ReadOnlyStore {
    package var capabilities: Capabilities { base.capabilities }

    package func listVersions(_ query: VersionQuery) async throws(StoreError) -> VersionPage { try await base.listVersions(query) }

    /// The mount refuses changes before they get here.
    private func refused() -> StoreError { StoreError(.unsupported, "earlier versions are shown read-only") }

    package func put(
        _ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt { throw refused() }

    package func delete(_ key: Key) async throws(StoreError) { throw refused() }

    package func delete(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError] { throw refused() }

    package func copy(_ request: CopyRequest) async throws(StoreError) -> WriteReceipt { throw refused() }

    package func createUpload(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) -> UploadID { throw refused() }

    package func uploadPart(_ upload: Upload, number: Int, _ body: any ByteSource) async throws(StoreError) -> UploadedPart { throw refused() }

    package func copyPart(
        _ upload: Upload, number: Int, from source: Key, range: ByteRange, ifSourceMatches: ETag?
    ) async throws(StoreError) -> UploadedPart { throw refused() }

    package func completeUpload(
        _ upload: Upload, parts: [UploadedPart], _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt { throw refused() }

    package func abortUpload(_ upload: Upload) async throws(StoreError) { throw refused() }

    package func listParts(_ upload: Upload) async throws(StoreError) -> [UploadedPart] { throw refused() }

    package func listUploads(prefix: Key) async throws(StoreError) -> [Upload] { throw refused() }

    package func append(
        _ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes
    ) async throws(StoreError) -> AppendReceipt { throw refused() }

    package func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt { throw refused() }

    package func truncate(_ key: Key, to size: Int64) async throws(StoreError) { throw refused() }

    package func rename(_ key: Key, to destination: Key) async throws(StoreError) { throw refused() }

    package func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) { throw refused() }
}
