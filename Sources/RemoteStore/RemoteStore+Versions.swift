package import ObjectStorage
internal import HTTPTransport
internal import Signing

/// Source: ListObjectVersions, Amazon S3 API Reference; of the same form in OBS and COS.
extension RemoteStore {
    package func listVersions(_ query: VersionQuery) async throws(StoreError) -> VersionPage {
        guard dialect.family != .oos else { throw StoreError(.unsupported, "\(dialect.family.title) does not keep versions of objects") }
        var request = request("GET")
        request.delivery = .collected(limit: 32 << 20)
        request.query = [
            QueryItem("versions"), .encoding("prefix", raw: query.prefix.bytes), QueryItem("max-keys", String(query.maximum)),
        ]
        if dialect.encodesListings { request.query.append(QueryItem("encoding-type", "url")) }
        if let delimiter = query.delimiter { request.query.append(.encoding("delimiter", delimiter)) }
        if let marker = query.keyMarker { request.query.append(.encoding("key-marker", raw: marker.bytes)) }
        if let marker = query.versionMarker { request.query.append(.encoding("version-id-marker", marker)) }
        return try Self.page(try await answer(request, root: "ListVersionsResult"), query)
    }

    private static func page(_ root: XMLElement, _ query: VersionQuery) throws(StoreError) -> VersionPage {
        let isEncoded = root.text("EncodingType") == "url"
        func key(_ text: String) -> Key { Key(isEncoded ? PercentEncoding.decode(text.utf8, plusIsBlank: true) : Array(text.utf8)) }
        var page = VersionPage()
        for element in root.children {
            switch element.name {
            case "Version", "DeleteMarker": page.versions.append(version(element, key))
            case "CommonPrefixes": page.prefixes.append(key(element.text("Prefix") ?? ""))
            default: break
            }
        }
        guard root.text("IsTruncated") == "true" else { return page }
        var next = query
        next.keyMarker = root.text("NextKeyMarker").map(key)
        next.versionMarker = root.text("NextVersionIdMarker").flatMap { $0.isEmpty ? nil : $0 }
        guard next.keyMarker != nil, next != query else {
            throw StoreError(.invalidResponse, "the store's listing of versions does not go on")
        }
        page.next = next
        return page
    }

    private static func version(_ element: XMLElement, _ key: (String) -> Key) -> ListedVersion {
        ListedVersion(
            key: key(element.text("Key") ?? ""), version: element.text("VersionId") ?? "null", isLatest: element.text("IsLatest") == "true",
            isDeleteMarker: element.name == "DeleteMarker", size: element.text("Size").flatMap { Int64($0) } ?? 0,
            etag: element.text("ETag").map { ETag($0) }, lastModified: element.text("LastModified"), storageClass: element.text("StorageClass"))
    }
}
