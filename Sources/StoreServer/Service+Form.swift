import NIOHTTP1
import ObjectStorage

extension Service {
    /// An upload by a browser's form, whose policy is its signature.
    ///
    /// Source: "POST Object", Amazon S3 API Reference; "POST Upload", OBS API Reference.
    func postObject(_ request: Request, _ verifier: SignatureVerifier) async throws -> Response {
        try checkQuota(request)
        let bucket = try bucket(request)
        guard var reader = FormReader(contentType: request.header("content-type") ?? "", request.body) else { throw ServiceError.malformedForm }
        let (list, file) = try await reader.fields()
        var fields = Dictionary(list.map { ($0.name, $0.value) }) { first, _ in first }
        guard let given = fields["key"], !given.isEmpty else { throw ServiceError.invalidArgument("POST requires a key") }
        fields["bucket"] = request.name.bucket
        let policy = try verifier.verifyForm(fields, now: request.now)
        try policy.check(fields, now: request.now)
        if fields["content-type"] == nil { fields["content-type"] = file.type }
        let key = Key(given.replacing("${filename}", with: file.name))
        guard key.bytes.count <= dialect.limits.key else { throw ServiceError.keyTooLong }
        let isCompatible = fields["awsaccesskeyid"] != nil || fields["x-amz-algorithm"] != nil
        let service = speaking(dialect.speaking(isCompatible ? .compatible : .native))
        let object = try await service.store(&reader, as: key, in: bucket, request.ofForm(fields, key, service.dialect), policy.lengths)
        return service.answer(object, in: bucket, fields, request)
    }

    private func store(
        _ reader: inout FormReader, as key: Key, in bucket: Bucket, _ request: Request, _ lengths: ClosedRange<Int64>?
    ) async throws -> StoredObject {
        let attributes = try request.attributes()
        let facts = try newFacts(request, in: bucket, isProtected: true)
        var spool = BodySpool(folder)
        var digests = BodyDigests(sha256: false, checksums: [])
        while let bytes = try await reader.fileBytes() {
            try unsafe bytes.withUnsafeBytes { bytes in
                unsafe digests.update(bytes)
                guard digests.count <= lengths?.upperBound ?? dialect.limits.singlePut else { throw ServiceError.entityTooLarge }
                try unsafe spool.write(bytes)
            }
        }
        guard digests.count >= lengths?.lowerBound ?? 0 else { throw ServiceError.entityTooSmall }
        let summary = digests.finish()
        let (content, inline) = spool.content
        var manifest = Manifest(
            key: key, generation: folder.generations.next(), size: summary.count, etag: Hex.encode(summary.md5), modified: .now,
            attributes: attributes, content: content)
        manifest.facts = facts
        if facts.encryption?.hidesTag == true { manifest.etag = Encryption.opaqueTag() }
        try manifest.takeExpiry(request)
        return try bucket.commit(manifest, inline: inline, .none)
    }

    private func answer(_ object: StoredObject, in bucket: Bucket, _ fields: [String: String], _ request: Request) -> Response {
        var headers = headers(ofWritten: object, in: bucket, request)
        headers.add(name: "ETag", value: "\"\(object.etag)\"")
        let (name, key) = (request.name.bucket ?? "", object.manifest.key.description)
        if let target = fields["success_action_redirect"] ?? fields["success-action-redirect"], !target.isEmpty {
            let query = [("bucket", name), ("key", key), ("etag", "\"\(object.etag)\"")].map { "\($0)=\(PercentCoding.encodeForm($1.utf8))" }
            headers.add(name: "Location", value: "\(target)\(target.contains("?") ? "&" : "?")\(query.joined(separator: "&"))")
            return Response(303, headers: headers)
        }
        switch fields["success_action_status"] {
        case "200": return Response(200, headers: headers)
        case "201":
            let document = document("PostResponse") { xml in
                xml.element("Location", "/\(name)/\(key)")
                xml.element("Bucket", name)
                xml.element("Key", key)
                xml.element("ETag", "\"\(object.etag)\"")
            }
            return .xml(document, status: 201, headers: headers)
        default: return Response(204, headers: headers)
        }
    }
}

extension Request {
    /// As if the fields were the headers of a PUT.
    fileprivate func ofForm(_ fields: [String: String], _ key: Key, _ dialect: Dialect) -> Request {
        var head = head
        head.headers = HTTPHeaders(fields.map { ($0.key == "acl" ? dialect.header("acl") : $0.key, $0.value) })
        var name = name
        name.key = key
        return Request(id: id, head: head, target: target, name: name, operation: .postObject, dialect: dialect, body: body, now: now, lag: lag)
    }
}
