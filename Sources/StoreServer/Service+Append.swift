import Crypto
import FileSystemTypes
import NIOHTTP1
import ObjectStorage
import Synchronization

extension Service {
    /// Adds to the end of an object, which is made where there is none.
    func appendObject(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        let rule = AppendRule(form: dialect.append ?? .post, position: try appendPosition(request), limits: dialect.limits)
        let attributes = try request.attributes()
        guard !["COLD", "DEEP_ARCHIVE"].contains(attributes.storageClass) else {
            throw ServiceError.invalidArgument("The storage class does not allow append")
        }
        let condition = try request.writePrecondition()
        let key = try request.key()
        let receiver = try BodyReceiver(request, claim, maximum: dialect.limits.singlePut)
        let current = bucket.object(key)
        try rule.check(current?.manifest)
        try checkAppendKey(request, current)
        let facts = try newFacts(request, in: bucket, isProtected: receiver.isProtected)
        var spool = BodySpool(folder)
        let summary = try await receiver.receive(into: &spool)
        try rule.checkSize(adding: summary.count)
        let piece = AppendedPiece(
            key: key, attributes: attributes, facts: facts, summary: summary, content: spool.content.content, inline: spool.content.inline)
        let object = try bucket.editing.withLock { _ in try place(piece, rule, condition, in: bucket) }
        return appended(object.manifest, summary, headers(ofWritten: object, in: bucket, request))
    }

    private func appendPosition(_ request: Request) throws(ServiceError) -> Int64 {
        let text = dialect.append == .offset ? request.own("write-offset-bytes") : request.target["position"]
        guard let text, let position = Int64(text), position >= 0 else {
            throw .invalidArgument("The position to append at must be a number from 0 on")
        }
        return position
    }

    /// Puts a piece after what is there; a put that comes between is seen, and the rule checked anew.
    private func place(_ piece: AppendedPiece, _ rule: AppendRule, _ condition: WritePrecondition, in bucket: Bucket) throws -> StoredObject {
        while true {
            let current = bucket.object(piece.key)
            try rule.check(current?.manifest)
            let segments = try current.map { try TailWriter(folder).segments(of: $0, inline(of: $0, in: bucket)) } ?? []
            let manifest = piece.manifest(
                after: current?.manifest, try TailWriter(folder).adding(piece, to: segments), rule, generation: folder.generations.next())
            do {
                return try bucket.place(manifest, condition, replacing: current)
            } catch is Bucket.Overtaken {
                continue
            }
        }
    }

    /// The bytes of an object that lie in its manifest; none where they do not.
    func inline(of object: StoredObject, in bucket: Bucket) throws -> [UInt8] {
        guard case .inline = object.manifest.content else { return [] }
        guard let bytes = try inlineBytes(of: object, in: bucket, ByteRange(offset: 0, count: object.size)) else { throw Bucket.Overtaken() }
        return bytes
    }

    private func appended(_ manifest: Manifest, _ summary: BodySummary, _ written: HTTPHeaders) -> Response {
        var headers = written
        headers.add(name: "ETag", value: "\"\(Hex.encode(summary.md5))\"")
        switch dialect.append {
        case .offset:
            headers.replaceOrAdd(name: "ETag", value: "\"\(manifest.etag)\"")
            headers.add(name: dialect.header("object-size"), value: String(manifest.size))
        case .rgw: headers.add(name: "x-rgw-next-append-position", value: String(manifest.size))
        default: headers.add(name: "x-obs-next-append-position", value: String(manifest.size))
        }
        if manifest.attributes.storageClass != dialect.storageClasses[0] {
            headers.add(name: dialect.header("storage-class"), value: dialect.wireName(ofClass: manifest.attributes.storageClass))
        }
        return Response(200, headers: headers)
    }
}

/// What is to be added to the end of an object.
struct AppendedPiece {
    let key: Key
    /// Of the object, where this piece makes it; in Ceph's form always.
    let attributes: StoredAttributes
    let facts: ObjectFacts
    let summary: BodySummary
    let content: StoredContent
    let inline: [UInt8]

    /// The object with this piece. Its ETag is no hash of its bytes; with Ceph and directory buckets it counts the pieces.
    func manifest(after current: Manifest?, _ segments: [Segment], _ rule: AppendRule, generation: UInt64) -> Manifest {
        var new = Manifest(key: key, generation: 0, size: 0, etag: "", modified: .now, attributes: attributes, content: .segments([]))
        new.facts = facts
        var manifest = current ?? new
        // Ceph keeps what the last append says of the object, the others what the first one said.
        if rule.form == .rgw { manifest.attributes = attributes.keepingClass(of: manifest.attributes) }
        let count = (AppendState(manifest)?.count ?? 0) + 1
        let hash = Hex.encode(Insecure.MD5.hash(data: Array("\(manifest.etag)+".utf8) + summary.md5))
        manifest.etag = rule.form == .post ? hash : "\(hash)-\(count)"
        manifest.generation = generation
        manifest.size += summary.count
        manifest.modified = .now
        manifest.content = .segments(segments)
        manifest.checksum = nil
        AppendState.set(count, in: &manifest)
        return manifest
    }
}
