import ObjectStorage

/// One page of the unfinished uploads of a bucket.
struct UploadListing {
    enum Entry {
        case upload(PendingUpload)
        case prefix(Key)
    }

    private(set) var entries: [Entry] = []
    private(set) var isTruncated = false
    private(set) var nextKey: Key?
    private(set) var nextID: String?

    /// `uploads` in order. With an id marker, later uploads of the key marker are included.
    init(_ uploads: [PendingUpload], _ query: ListingQuery, idMarker: String?) {
        guard query.maximum > 0 else { return }
        for upload in uploads where upload.manifest.key.hasPrefix(query.prefix) && Self.isAfter(upload, query, idMarker) {
            let common = upload.manifest.key.commonPrefix(query)
            if let common, common == query.after { continue }
            if let common, case .prefix(common)? = entries.last { continue }
            if entries.count == query.maximum {
                isTruncated = true
                return
            }
            entries.append(common.map { .prefix($0) } ?? .upload(upload))
            nextKey = common ?? upload.manifest.key
            nextID = common == nil ? upload.id : nil
        }
    }

    private static func isAfter(_ upload: PendingUpload, _ query: ListingQuery, _ idMarker: String?) -> Bool {
        guard let after = query.after else { return true }
        if upload.manifest.key == after, let idMarker { return upload.id > idMarker }
        return after.precedes(upload.manifest.key)
    }
}

extension Service {
    func listUploads(_ request: Request) throws -> Response {
        let encoding = try NameEncoding(request)
        let marker = request.target["key-marker"] ?? ""
        let idMarker = request.target["upload-id-marker"] ?? ""
        let query = ListingQuery(
            prefix: Key(request.target["prefix"] ?? ""), delimiter: Array((request.target["delimiter"] ?? "").utf8),
            after: marker.isEmpty ? nil : Key(marker), maximum: min(try request.target.number("max-uploads") ?? 1000, 1000))
        let listing = UploadListing(try bucket(request).uploads, query, idMarker: idMarker.isEmpty ? nil : idMarker)
        return .xml(
            document("ListMultipartUploadsResult") { xml in
                xml.element("Bucket", request.name.bucket ?? "")
                xml.element("KeyMarker", encoding.text(marker))
                xml.element("UploadIdMarker", idMarker)
                xml.optional("NextKeyMarker", listing.nextKey.map(encoding.text))
                xml.optional("NextUploadIdMarker", listing.nextID)
                xml.element("Prefix", encoding.text(query.prefix))
                if !query.delimiter.isEmpty { xml.element("Delimiter", encoding.text(Key(query.delimiter))) }
                xml.element("MaxUploads", query.maximum)
                if encoding.isURL { xml.element("EncodingType", "url") }
                xml.element("IsTruncated", listing.isTruncated)
                for entry in listing.entries { write(entry, to: &xml, encoding) }
            })
    }

    private func write(_ entry: UploadListing.Entry, to xml: inout XMLWriter, _ encoding: NameEncoding) {
        switch entry {
        case .prefix(let prefix): xml.element("CommonPrefixes") { $0.element("Prefix", encoding.text(prefix)) }
        case .upload(let upload):
            xml.element("Upload") { xml in
                xml.element("Key", encoding.text(upload.manifest.key))
                xml.element("UploadId", upload.id)
                xml.owner("Initiator")
                xml.owner()
                xml.element("StorageClass", dialect.wireName(ofClass: upload.manifest.attributes.storageClass))
                xml.element("Initiated", upload.manifest.modified.isoText)
            }
        }
    }
}
