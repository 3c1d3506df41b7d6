import FileSystemTypes
import NIOHTTP1
import ObjectStorage

extension Service {
    func putObject(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        let key = try request.key()
        let attributes = try request.attributes()
        let condition = try request.writePrecondition()
        let receiver = try BodyReceiver(request, claim, maximum: dialect.limits.singlePut)
        let facts = try newFacts(request, in: bucket, isProtected: receiver.isProtected)
        try condition.check(bucket.object(key), now: .now)
        var spool = BodySpool(folder)
        let summary = try await receiver.receive(into: &spool)
        let (content, inline) = spool.content
        var manifest = Manifest(
            key: key, generation: folder.generations.next(), size: summary.count, etag: Hex.encode(summary.md5), modified: .now,
            attributes: attributes, content: content, checksum: summary.checksums.first)
        manifest.facts = facts
        try manifest.takeExpiry(request)
        if facts.encryption?.hidesTag == true { manifest.etag = Encryption.opaqueTag() }
        let object = try bucket.commit(manifest, inline: inline, condition)
        var headers = headers(ofWritten: object, in: bucket, request)
        headers.add(name: "ETag", value: "\"\(object.etag)\"")
        headers.add(manifest.checksum, dialect)
        return Response(200, headers: headers)
    }

    /// GET and HEAD.
    func getObject(_ request: Request) throws -> Response {
        let bucket = try bucket(request)
        let key = try request.key()
        while true {
            let object = try find(key, version: request.target["versionId"], in: bucket)
            try checkAccess(object, request)
            // A small object's bytes can be overtaken by a later version between the lookup and the opening of its file.
            if let response = try get(object, in: bucket, request) { return response }
        }
    }

    /// Nil when the object was replaced meanwhile.
    private func get(_ object: StoredObject, in bucket: Bucket, _ request: Request) throws -> Response? {
        var headers = try objectHeaders(object, request)
        addFacts(of: object, in: bucket, request, to: &headers)
        if try isUnchanged(object, request) { return Response(304, headers: headers) }
        let (range, isPartial) = try selection(of: object, request)
        if isPartial {
            headers.add(name: "Content-Range", value: "bytes \(range.offset)-\(range.end - 1)/\(object.size)")
        } else if !dialect.features.checksumsOnDemand || request.own("checksum-mode")?.uppercased() == "ENABLED" {
            headers.add(object.manifest.checksum, dialect)
        }
        var response = Response(isPartial ? 206 : 200, headers: headers)
        if request.operation == .getObject {
            guard let body = try content(of: object, in: bucket, range) else { return nil }
            response.body = body
        }
        response.contentLength = range.count
        return response
    }

    /// Whether the client has the object already; throws where another condition fails.
    private func isUnchanged(_ object: StoredObject, _ request: Request) throws(ServiceError) -> Bool {
        let conditions = ReadConditions { request.header($0) }
        do throws(ServiceError) {
            try conditions.check(etag: object.etag, modified: object.manifest.modified)
            return false
        } catch {
            guard error == .notModified else { throw error }
            return true
        }
    }

    /// Which bytes are asked for, by range or by part.
    private func selection(of object: StoredObject, _ request: Request) throws(ServiceError) -> (ByteRange, isPartial: Bool) {
        let whole = ByteRange(offset: 0, count: object.size)
        if let number = try request.target.number("partNumber") {
            guard request.header("range") == nil else { throw .invalidRequest("Cannot specify both Range header and partNumber query parameter") }
            return (try partRange(number, of: object), object.size > 0)
        }
        if let condition = request.header("if-range"), condition != "\"\(object.etag)\"", condition != object.manifest.modified.httpText {
            return (whole, false)
        }
        guard let range = request.header("range").flatMap({ RangeHeader($0) }) else { return (whole, false) }
        guard let bytes = range.resolve(size: object.size) else { throw .invalidRange(size: object.size) }
        return (bytes, true)
    }

    /// An object that was not made of parts counts as one part.
    private func partRange(_ number: Int, of object: StoredObject) throws(ServiceError) -> ByteRange {
        let sizes = object.manifest.partSizes.isEmpty ? [object.size] : object.manifest.partSizes
        guard (1...sizes.count).contains(number) else { throw ServiceError(416, "InvalidPartNumber", "The requested partnumber is not satisfiable") }
        return ByteRange(offset: sizes[..<(number - 1)].reduce(0, +), count: sizes[number - 1])
    }

    private func content(of object: StoredObject, in bucket: Bucket, _ range: ByteRange) throws -> Response.Body? {
        switch object.manifest.content {
        case .segments(let segments): .segments(segments.slice(from: range.offset, count: range.count))
        case .inline: try inlineBytes(of: object, in: bucket, range).map { .bytes($0) }
        }
    }

    /// Nil when the object was replaced meanwhile.
    func inlineBytes(of object: StoredObject, in bucket: Bucket, _ range: ByteRange) throws -> [UInt8]? {
        if range.isEmpty { return [] }
        guard let (file, offset) = try bucket.folder.openInline(object.manifest) else { return nil }
        return try file.read(at: offset + range.offset, count: Int(range.count))
    }

    private func objectHeaders(_ object: StoredObject, _ request: Request) throws(ServiceError) -> HTTPHeaders {
        let manifest = object.manifest
        var headers: HTTPHeaders = [
            "ETag": "\"\(manifest.etag)\"", "Last-Modified": manifest.modified.httpText, "Accept-Ranges": "bytes",
        ]
        for header in manifest.attributes.headers { headers.add(name: header.name, value: header.value) }
        for item in manifest.attributes.metadata { headers.add(name: dialect.header("meta-\(item.name)"), value: item.value) }
        if manifest.attributes.storageClass != dialect.storageClasses[0] {
            headers.add(name: dialect.header("storage-class"), value: dialect.wireName(ofClass: manifest.attributes.storageClass))
        }
        headers.add(kindOf: manifest, dialect)
        if request.target.has("partNumber"), !manifest.partSizes.isEmpty {
            headers.add(name: dialect.header("mp-parts-count"), value: String(manifest.partSizes.count))
        }
        try override(&headers, request)
        return headers
    }

    /// The `response-*` parameters of a GET.
    private func override(_ headers: inout HTTPHeaders, _ request: Request) throws(ServiceError) {
        for name in ["Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"] {
            guard let value = request.target["response-\(name.lowercased())"] else { continue }
            guard value.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else { throw .invalidArgument("response-\(name.lowercased()) is no header value") }
            headers.replaceOrAdd(name: name, value: value)
        }
    }
}
