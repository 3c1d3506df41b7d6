import Crypto
import FileSystemTypes
import NIOHTTP1
import ObjectStorage

extension Service {
    /// Copies without moving bytes, but for small objects. The copy of an object made of parts keeps its ETag.
    func copyObject(_ request: Request) throws -> Response {
        let destination = try bucket(request)
        let source = try CopySource(request)
        let condition = try request.writePrecondition()
        let replaces = try replacesMetadata(request)
        try checkSelfCopy(request, source, replaces: replaces)
        let (object, inline) = try read(source, request)
        guard object.size <= dialect.copyLimit else {
            throw ServiceError.invalidRequest(
                "The specified copy source is larger than the maximum allowable size for a copy source: \(dialect.copyLimit)")
        }
        var manifest = object.manifest
        manifest.facts = try copyFacts(request, of: object, in: destination)
        manifest.key = try request.key()
        manifest.generation = folder.generations.next()
        manifest.modified = .now
        manifest.partSizes = []
        manifest.upload = nil
        if object.manifest.hasOpaqueTag { manifest.etag = try tag(of: object, inline) }
        if manifest.facts.encryption?.hidesTag == true { manifest.etag = Encryption.opaqueTag() }
        manifest.forgetHistory()
        let attributes = try request.attributes()
        manifest.attributes = replaces ? attributes : manifest.attributes
        manifest.attributes.storageClass = attributes.storageClass
        let copy = try destination.commit(manifest, inline: inline, condition)
        var headers = headers(ofWritten: copy, in: destination, request)
        if let version = source.version { headers.add(name: dialect.header("copy-source-version-id"), value: version) }
        return .xml(copyResult("CopyObjectResult", copy.manifest), headers: headers)
    }

    func copyPart(_ request: Request) throws -> Response {
        let (upload, number) = try uploadAndPart(request)
        try checkPartKey(upload, request)
        let source = try CopySource(request)
        let (object, inline) = try read(source, request)
        let range = try CopySource.range(request, size: object.size)
        if dialect.features.refusesRangedPartCopy, range.count < object.size, object.size <= dialect.copyLimit {
            throw ServiceError.invalidRequest("A range can be copied only of a source that is larger than \(dialect.copyLimit) bytes")
        }
        guard range.count <= dialect.limits.maximumPart else { throw ServiceError.entityTooLarge }
        var manifest = upload.manifest
        manifest.generation = folder.generations.next()
        manifest.size = range.count
        manifest.modified = .now
        manifest.content = .segments(try segments(of: object, inline, range))
        (manifest.etag, manifest.checksum) = try digests(of: manifest, copiedFrom: object, upload.checksumAlgorithm)
        if upload.hidesTags { manifest.etag = Encryption.opaqueTag() }
        try upload.put(PendingUpload.Part(number: number, manifest: manifest))
        var headers = HTTPHeaders()
        headers.add(upload.manifest.facts.encryption, request)
        if let version = source.version { headers.add(name: dialect.header("copy-source-version-id"), value: version) }
        return .xml(copyResult("CopyPartResult", manifest), headers: headers)
    }

    private func replacesMetadata(_ request: Request) throws(ServiceError) -> Bool {
        switch request.own("metadata-directive") {
        case nil, "COPY": false
        case "REPLACE": true
        default: throw .invalidArgument("Unknown metadata directive.")
        }
    }

    private func checkSelfCopy(_ request: Request, _ source: CopySource, replaces: Bool) throws(ServiceError) {
        let (bucket, key) = (try request.bucketName(), try request.key())
        let isSelf = source.bucket == bucket && source.key == key
        let changes = ["storage-class", "server-side-encryption", "server-side-encryption-customer-algorithm"].contains { request.own($0) != nil }
        guard !isSelf || replaces || changes || source.version != nil else {
            throw .invalidRequest(
                "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, "
                    + "storage class, website redirect location or encryption attributes.")
        }
    }

    /// The source, and its bytes where they lie in its manifest.
    private func read(_ source: CopySource, _ request: Request) throws -> (StoredObject, inline: [UInt8]) {
        while true {
            let (bucket, object) = try source.find(by: self)
            try checkAccess(object, request, keyPrefix: "copy-source-server-side-encryption-customer")
            guard case .inline = object.manifest.content else { return (object, []) }
            if let bytes = try inlineBytes(of: object, in: bucket, ByteRange(offset: 0, count: object.size)) { return (object, bytes) }
        }
    }

    /// Where the bytes of a copied part are: in the source's blobs, or in a new one.
    private func segments(of object: StoredObject, _ inline: [UInt8], _ range: ByteRange) throws -> [Segment] {
        if case .segments(let segments) = object.manifest.content { return segments.slice(from: range.offset, count: range.count) }
        var spool = BodySpool(folder, inlineLimit: 0)
        try unsafe inline[Int(range.offset)..<Int(range.end)].withUnsafeBytes { try unsafe spool.write($0) }
        guard case .segments(let segments) = spool.content.content else { return [] }
        return segments
    }

    /// A part's ETag is the MD5 of its bytes: known already when the part is a whole object that was sent as one, else taken of them.
    private func digests(
        of part: Manifest, copiedFrom object: StoredObject, _ algorithm: ChecksumAlgorithm?
    ) throws -> (etag: String, checksum: Checksum?) {
        let isKnown = part.size == object.size && !object.etag.contains("-") && !object.manifest.hasOpaqueTag
        if isKnown, algorithm == nil { return (object.etag, nil) }
        var digests = BodyDigests(sha256: false, checksums: algorithm.map { [$0] } ?? [])
        guard case .segments(let segments) = part.content else { throw ServiceError.internalError }
        for segment in segments { try Self.digest(segment, into: &digests) }
        let summary = digests.finish()
        return (Hex.encode(summary.md5), summary.checksums.first)
    }

    /// The MD5 of an object's bytes.
    private func tag(of object: StoredObject, _ inline: [UInt8]) throws -> String {
        var digests = BodyDigests(sha256: false, checksums: [])
        for segment in try TailWriter(folder).segments(of: object, inline) { try Self.digest(segment, into: &digests) }
        return Hex.encode(digests.finish().md5)
    }

    private static func digest(_ segment: Segment, into digests: inout BodyDigests) throws {
        let file = try segment.blob.open()
        var offset: Int64 = 0
        while offset < segment.count {
            let bytes = try file.read(at: segment.offset + offset, count: Int(min(1 << 20, segment.count - offset)))
            guard !bytes.isEmpty else { throw ServiceError.internalError }
            unsafe bytes.withUnsafeBytes { unsafe digests.update($0) }
            offset += Int64(bytes.count)
        }
    }

    /// Tags come along unless others are given; lists of access, locks and encryption never do.
    private func copyFacts(_ request: Request, of object: StoredObject, in bucket: Bucket) throws(ServiceError) -> ObjectFacts {
        var facts = try newFacts(request, in: bucket, isProtected: true)
        switch request.own("tagging-directive") {
        case nil, "COPY": facts.tags = object.facts.tags
        case "REPLACE": break
        default: throw .invalidArgument("Unknown tagging directive.")
        }
        return facts
    }

    private func copyResult(_ root: String, _ manifest: Manifest) -> [UInt8] {
        document(root) { xml in
            xml.element("LastModified", manifest.modified.isoText)
            xml.element("ETag", "\"\(manifest.etag)\"")
            xml.element(manifest.checksum)
        }
    }
}
