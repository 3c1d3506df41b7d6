import ObjectStorage

/// How names are written in one listing: as they are, or percent-encoded.
struct NameEncoding {
    let isURL: Bool

    init(_ request: Request) throws(ServiceError) {
        let text = request.target["encoding-type"]
        guard text == nil || text == "url" else { throw .invalidArgument("Invalid Encoding Method specified in Request") }
        isURL = text != nil
    }

    func text(_ key: Key) -> String {
        isURL ? PercentCoding.encodeForm(key.bytes) : key.description
    }

    func text(_ text: String) -> String {
        isURL ? PercentCoding.encodeForm(text.utf8) : text
    }
}

/// What the entries of a listing tell beyond what all tell.
private struct EntryDetail {
    var owner: Bool
    var metadata = false
}

extension Service {
    /// The first version of the listing.
    func listObjects(_ request: Request) throws -> Response {
        let encoding = try NameEncoding(request)
        let marker = request.target["marker"] ?? ""
        let query = try listingQuery(request, after: marker.isEmpty ? nil : Key(marker))
        let page = try bucket(request).page(query, request.lag)
        return .xml(
            document("ListBucketResult") { xml in
                writeHead(&xml, request, query, page, encoding)
                xml.element("Marker", encoding.text(marker))
                if page.isTruncated, dialect.alwaysNamesNextMarker || !query.delimiter.isEmpty, let last = page.last {
                    xml.element("NextMarker", encoding.text(last))
                }
                writeEntries(&xml, page, encoding, EntryDetail(owner: true))
            })
    }

    func listObjectsV2(_ request: Request) throws -> Response {
        let encoding = try NameEncoding(request)
        let token = request.target["continuation-token"]
        let startAfter = request.target["start-after"]
        let query = try listingQuery(request, after: try token.map(Self.key(ofToken:)) ?? startAfter.map { Key($0) })
        let page = try bucket(request).page(query, request.lag)
        return .xml(
            document("ListBucketResult") { xml in
                writeHead(&xml, request, query, page, encoding)
                xml.element("KeyCount", page.entries.count)
                xml.optional("StartAfter", startAfter.map(encoding.text))
                xml.optional("ContinuationToken", token)
                if page.isTruncated, let last = page.last { xml.element("NextContinuationToken", Self.token(for: last)) }
                let metadata = dialect.features.listsMetadata && request.target["metadata"] == "true"
                writeEntries(&xml, page, encoding, EntryDetail(owner: request.target["fetch-owner"] == "true", metadata: metadata))
            })
    }

    func listingQuery(_ request: Request, after: Key?) throws(ServiceError) -> ListingQuery {
        ListingQuery(
            prefix: Key(request.target["prefix"] ?? ""), delimiter: Array((request.target["delimiter"] ?? "").utf8), after: after,
            maximum: min(try request.target.number("max-keys") ?? 1000, 1000))
    }

    /// A token is opaque to clients: the last name of the page before.
    private static func token(for key: Key) -> String { Base64.encode(Array("1".utf8) + key.bytes) }

    private static func key(ofToken token: String) throws(ServiceError) -> Key {
        guard let bytes = Base64.decode(token), bytes.first == UInt8(ascii: "1") else {
            throw .invalidArgument("The continuation token provided is incorrect")
        }
        return Key(Array(bytes.dropFirst()))
    }

    private func writeHead(
        _ xml: inout XMLWriter, _ request: Request, _ query: ListingQuery, _ page: ListingPage<StoredObject>, _ encoding: NameEncoding
    ) {
        xml.element("Name", request.name.bucket ?? "")
        xml.element("Prefix", encoding.text(query.prefix))
        if !query.delimiter.isEmpty { xml.element("Delimiter", encoding.text(Key(query.delimiter))) }
        xml.element("MaxKeys", query.maximum)
        if encoding.isURL { xml.element("EncodingType", "url") }
        xml.element("IsTruncated", page.isTruncated)
    }

    private func writeEntries(_ xml: inout XMLWriter, _ page: ListingPage<StoredObject>, _ encoding: NameEncoding, _ detail: EntryDetail) {
        for case .value(let key, let object) in page.entries {
            xml.element("Contents") { xml in
                xml.element("Key", encoding.text(key))
                xml.element("LastModified", object.manifest.modified.isoText)
                xml.element("ETag", "\"\(object.etag)\"")
                if let checksum = object.manifest.checksum {
                    xml.element("ChecksumAlgorithm", checksum.algorithm.rawValue)
                    xml.element("ChecksumType", checksum.typeText)
                }
                xml.element("Size", object.size)
                if dialect.append == .post, AppendState(object.manifest) != nil { xml.element("Type", "Appendable") }
                xml.element("StorageClass", dialect.wireName(ofClass: object.manifest.attributes.storageClass))
                if detail.owner { xml.owner() }
                if detail.metadata { xml.userMetadata(object.manifest.attributes) }
            }
        }
        for case .prefix(let prefix) in page.entries {
            xml.element("CommonPrefixes") { $0.element("Prefix", encoding.text(prefix)) }
        }
    }
}

extension XMLWriter {
    /// MinIO's: elements that are called like the headers of HEAD, and a date for every object. A name that is none in XML breaks the document.
    fileprivate mutating func userMetadata(_ attributes: StoredAttributes) {
        element("UserMetadata") { xml in
            for header in attributes.headers { xml.element(header.name.lowercased(), header.value) }
            for item in attributes.metadata { xml.element("X-Amz-Meta-\(item.name.capitalizedFirst)", item.value) }
            if !attributes.headers.contains(where: { $0.name.lowercased() == "expires" }) { xml.element("expires", "Mon, 01 Jan 0001 00:00:00 GMT") }
        }
        element("Internal") { xml in
            xml.element("K", 1)
            xml.element("M", 0)
        }
    }
}

extension String {
    /// As Go writes the names of headers, nearly.
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
