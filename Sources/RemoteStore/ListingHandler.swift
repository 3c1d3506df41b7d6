internal import FileSystemTypes
package import ObjectStorage
internal import Signing

/// Takes up a `ListBucketResult` while it is parsed, without building a tree of it.
///
/// Source: ListObjects and ListObjectsV2, Amazon S3 API Reference; MinIO, "ListObjectsV2 with metadata" for `UserMetadata`.
package final class ListingHandler: XMLHandler {
    private(set) var rootName: String?
    private(set) var objects: [ListedObject] = []
    private(set) var commonPrefixes: [String] = []
    private(set) var isTruncated = false
    private(set) var nextToken: String?
    private(set) var nextMarker: String?
    private var isEncoded = false
    private var keys: [String] = []
    private var current = ListedObject(key: "", size: 0)
    private var currentKey = ""
    private var currentSize: Int64?
    private var described: ListedDescription?
    private(set) var problem: String?

    package init() {}

    package func start(_ name: String, depth: Int) {
        if depth == 0 { rootName = name }
        if name == "Contents" {
            current = ListedObject(key: "", size: 0)
            currentKey = ""
            currentSize = nil
            described = nil
        }
        if name == "UserMetadata" { described = ListedDescription() }
    }

    package func end(_ name: String, parent: String?, text: String) {
        switch parent {
        case "Contents": take(name, text)
        case "UserMetadata": described?.take(name, text)
        case "CommonPrefixes": if name == "Prefix" { commonPrefixes.append(text) }
        case "ListBucketResult": takeHeader(name, text)
        default: break
        }
    }

    private func takeHeader(_ name: String, _ text: String) {
        switch name {
        case "Contents": finishObject()
        case "IsTruncated": isTruncated = text == "true"
        case "NextContinuationToken": nextToken = text
        case "NextMarker": nextMarker = text
        case "EncodingType": isEncoded = text == "url"
        default: break
        }
    }

    private func take(_ name: String, _ text: String) {
        switch name {
        case "Key": currentKey = text
        case "Size": currentSize = Int64(text)
        case "ETag": current.etag = ETag(text)
        case "LastModified": current.lastModified = Timestamp(iso8601: text)
        case "StorageClass": current.storageClass = text
        default: break
        }
    }

    private func finishObject() {
        guard let size = currentSize, size >= 0, !currentKey.isEmpty else {
            problem = "an entry without key or size"
            return
        }
        current.size = size
        current.attributes = described?.attributes(storageClass: current.storageClass)
        keys.append(currentKey)
        objects.append(current)
    }

    /// The page, once the document is read: whether names are encoded may be said at its end.
    package func page() throws(StoreError) -> (page: ListPage, nextToken: String?, nextMarker: Key?) {
        guard rootName == "ListBucketResult", problem == nil else {
            throw StoreError(.invalidResponse, "the store's listing is not usable: \(problem ?? "it is a <\(rootName ?? "")>")")
        }
        for index in objects.indices { objects[index].key = decoded(keys[index]) }
        let page = ListPage(objects: objects, commonPrefixes: commonPrefixes.map(decoded))
        return (page, nextToken, nextMarker.map(decoded))
    }

    private func decoded(_ text: String) -> Key {
        isEncoded ? Key(PercentEncoding.decode(text.utf8, plusIsBlank: true)) : Key(text)
    }
}
