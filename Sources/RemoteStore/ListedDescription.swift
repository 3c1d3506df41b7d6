internal import ObjectStorage

/// The `UserMetadata` of one entry of a listing: elements that are called like the headers of HEAD.
///
/// Source: MinIO, `cmd/api-response.go` (`generateListObjectsV2Response`).
struct ListedDescription {
    private static let metadataPrefix = "x-amz-meta-"
    /// What a server writes that has no such date: the zero of its own time.
    private static let noDate = "Mon, 01 Jan 0001 00:00:00 GMT"

    private var read = ObjectAttributes()
    /// HEAD says of it what the keys of a client allow, and nothing without them.
    private var isSealed = false

    mutating func take(_ name: String, _ text: String) {
        let name = name.lowercased()
        if name.hasPrefix(Self.metadataPrefix) {
            read.metadata[String(name.dropFirst(Self.metadataPrefix.count))] = text
        } else if name == "content-type" {
            read.contentType = text
        } else if name == "x-amz-storage-class" {
            read.storageClass = text
        } else if let header = KeptHeader(rawValue: name) {
            if text != Self.noDate { read.headers[header] = text }
        } else if name.hasPrefix("x-amz-server-side-encryption-customer") {
            isSealed = true
        }
    }

    /// Nil where something is left out that HEAD says: each object has a type.
    func attributes(storageClass: String?) -> ListedAttributes? {
        guard !isSealed, read.contentType?.isEmpty == false else { return nil }
        var complete = read
        if complete.storageClass == nil, storageClass?.uppercased() != "STANDARD" { complete.storageClass = storageClass }
        return ListedAttributes(complete)
    }
}
