package import ObjectStorage
internal import FileSystemTypes

/// A folder's own key, which has its attributes.
package enum FolderMarker {
    /// Replaces what is stored beside it, and makes it where something else keeps the folder there. False where there is no such folder any more.
    package static func set(_ attributes: ObjectAttributes, of key: Key, in store: any ObjectStore) async throws(StoreError) -> Bool {
        guard let first = try await store.list(ListRequest(prefix: key, maximumKeys: 1)).objects.first else { return false }
        guard first.key == key, first.size > 0 else {
            _ = try await store.put(key, BytesSource(Bytes()), attributes, .always)
            return true
        }
        var request = CopyRequest(source: key, destination: key)
        request.ifSourceMatches = first.etag
        request.replacing = attributes
        _ = try await store.copy(request)
        return true
    }
}
