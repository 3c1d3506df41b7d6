import NIOHTTP1
import ObjectStorage

extension Service {
    func createUpload(_ request: Request) throws -> Response {
        let bucket = try bucket(request)
        let key = try request.key()
        let attributes = try request.attributes()
        let checksum = try wantedChecksum(request)
        let facts = try newFacts(request, in: bucket, isProtected: true)
        let generation = folder.generations.next()
        let id = "\(Hex.encode(bigEndianBytes(of: generation)))\(Hex.encode(bigEndianBytes(of: UInt64.random(in: .min ... .max))))"
        var manifest = Manifest(
            key: key, generation: generation, size: 0, etag: "", modified: .now, attributes: attributes, content: .segments([]), checksum: checksum)
        manifest.facts = facts
        let upload = PendingUpload(id: id, manifest: manifest, path: "\(bucket.folder.uploads)/\(id)")
        try upload.save()
        try bucket.add(upload)
        var headers = HTTPHeaders()
        headers.add(facts.encryption, request)
        if let checksum {
            headers.add(name: dialect.header("checksum-algorithm"), value: checksum.algorithm.rawValue)
            headers.add(name: dialect.header("checksum-type"), value: checksum.typeText)
        }
        return .xml(
            document("InitiateMultipartUploadResult") { xml in
                xml.element("Bucket", bucket.name)
                xml.element("Key", key.description)
                xml.element("UploadId", id)
            }, headers: headers)
    }

    private func bigEndianBytes(of value: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(value >> UInt64($0) & 255) }
    }

    /// The kind of checksum that the object shall have: no bytes yet, `parts` set for a composite one.
    private func wantedChecksum(_ request: Request) throws(ServiceError) -> Checksum? {
        guard let name = request.own("checksum-algorithm"), !dialect.features.checksums.isEmpty else { return nil }
        guard let algorithm = ChecksumAlgorithm(rawValue: name.uppercased()) else {
            throw .invalidRequest("Checksum algorithm provided is unsupported.")
        }
        let type = request.own("checksum-type")?.uppercased() ?? (algorithm == .crc64nvme ? "FULL_OBJECT" : "COMPOSITE")
        let isFull = type == "FULL_OBJECT"
        let isPossible = isFull ? algorithm.cyclicCode != nil : type == "COMPOSITE" && algorithm != .crc64nvme
        guard isPossible else { throw .invalidRequest("The \(type) checksum type cannot be used with the \(algorithm.rawValue) checksum algorithm.") }
        return Checksum(algorithm: algorithm, bytes: [], parts: isFull ? nil : 1)
    }

    func uploadAndPart(_ request: Request) throws(ServiceError) -> (PendingUpload, Int) {
        let upload = try bucket(request).upload(request.target["uploadId"] ?? "", request.key())
        guard let number = try request.target.number("partNumber"), (1...dialect.limits.parts).contains(number) else {
            throw .invalidArgument("Part number must be an integer between 1 and \(dialect.limits.parts), inclusive")
        }
        return (upload, number)
    }

    func uploadPart(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let (upload, number) = try uploadAndPart(request)
        try checkPartKey(upload, request)
        let receiver = try BodyReceiver(request, claim, maximum: dialect.limits.maximumPart)
        var spool = BodySpool(folder, inlineLimit: 0)
        let summary = try await receiver.receive(into: &spool, also: upload.checksumAlgorithm)
        var manifest = upload.manifest
        manifest.generation = folder.generations.next()
        manifest.size = summary.count
        manifest.etag = upload.hidesTags ? Encryption.opaqueTag() : Hex.encode(summary.md5)
        manifest.modified = .now
        manifest.content = spool.content.content
        manifest.checksum =
            upload.checksumAlgorithm.flatMap { wanted in summary.checksums.first { $0.algorithm == wanted } } ?? summary.checksums.first
        try upload.put(PendingUpload.Part(number: number, manifest: manifest))
        var headers: HTTPHeaders = ["ETag": "\"\(manifest.etag)\""]
        headers.add(upload.manifest.facts.encryption, request)
        if let checksum = manifest.checksum { headers.add(name: dialect.header(checksum.algorithm.headerName), value: checksum.text) }
        return Response(200, headers: headers)
    }

    func abortUpload(_ request: Request) throws -> Response {
        let bucket = try bucket(request)
        let upload = try bucket.upload(request.target["uploadId"] ?? "", request.key())
        try upload.abort()
        bucket.forget(upload)
        return Response(204)
    }

    func listParts(_ request: Request) throws -> Response {
        let upload = try bucket(request).upload(request.target["uploadId"] ?? "", request.key())
        let marker = try request.target.number("part-number-marker") ?? 0
        let maximum = min(try request.target.number("max-parts") ?? 1000, 1000)
        let rest = upload.parts.filter { $0.number > marker }
        let parts = rest.prefix(maximum)
        return .xml(
            document("ListPartsResult") { xml in
                xml.element("Bucket", request.name.bucket ?? "")
                xml.element("Key", upload.manifest.key.description)
                xml.element("UploadId", upload.id)
                xml.owner("Initiator")
                xml.owner()
                xml.element("StorageClass", dialect.wireName(ofClass: upload.manifest.attributes.storageClass))
                xml.element("PartNumberMarker", marker)
                xml.element("NextPartNumberMarker", parts.last?.number ?? 0)
                xml.element("MaxParts", maximum)
                xml.element("IsTruncated", rest.count > parts.count)
                if let algorithm = upload.checksumAlgorithm { xml.element("ChecksumAlgorithm", algorithm.rawValue) }
                for part in parts { write(part, to: &xml) }
            })
    }

    private func write(_ part: PendingUpload.Part, to xml: inout XMLWriter) {
        xml.element("Part") { xml in
            xml.element("PartNumber", part.number)
            xml.element("LastModified", part.manifest.modified.isoText)
            xml.element("ETag", "\"\(part.manifest.etag)\"")
            xml.element("Size", part.manifest.size)
            if let checksum = part.manifest.checksum { xml.element(checksum.algorithm.elementName, checksum.text) }
        }
    }
}
