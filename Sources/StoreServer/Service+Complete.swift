import Crypto
import NIOHTTP1
import ObjectStorage

extension Service {
    /// Makes an object of parts; no byte moves. Repeated after success it gives the same answer while the object is still the one it made.
    func completeUpload(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        let key = try request.key()
        let id = request.target["uploadId"] ?? ""
        let condition = try request.writePrecondition()
        guard let root = try await requestDocument(request, claim) else { throw ServiceError.malformedXML }
        let wanted = try WantedPart.list(root)
        let object = bucket.object(key)
        if let object, object.manifest.upload == id { return completed(object, bucket, request) }
        let upload = try bucket.upload(id, key)
        let made = try upload.complete { parts in
            let assembly = try Assembly(wanted, from: parts, upload, minimumPart: dialect.limits.minimumPart)
            try check(assembly, request)
            var manifest = assembly.manifest(of: upload, generation: folder.generations.next(), plainTag: dialect.features.hasPlainMultipartTag)
            if dialect.features.hasProtection, let protection = try headerProtection(request, bucket.rules, isProtected: true) {
                manifest.facts.protection = protection
            }
            return try bucket.commit(manifest, condition)
        }
        bucket.forget(upload)
        return completed(made, bucket, request)
    }

    private func check(_ assembly: Assembly, _ request: Request) throws(ServiceError) {
        if let text = request.own("mp-object-size"), Int64(text) != assembly.size {
            throw .invalidRequest("The provided 'x-amz-mp-object-size' header does not match what was computed.")
        }
        guard assembly.size <= dialect.limits.object else { throw .entityTooLarge }
        guard let checksum = assembly.checksum, let text = request.own(checksum.algorithm.headerName) else { return }
        guard text == checksum.text else { throw .badDigest }
    }

    private func completed(_ object: StoredObject, _ bucket: Bucket, _ request: Request) -> Response {
        let manifest = object.manifest
        return .xml(
            document("CompleteMultipartUploadResult") { xml in
                xml.element("Location", "/\(bucket.name)/\(PercentCoding.encode(manifest.key.bytes, keeping: [UInt8(ascii: "/")]))")
                xml.element("Bucket", bucket.name)
                xml.element("Key", manifest.key.description)
                xml.element("ETag", "\"\(manifest.etag)\"")
                xml.element(manifest.checksum)
            }, headers: headers(ofWritten: object, in: bucket, request))
    }
}

/// One part as the client names it.
struct WantedPart {
    let number: Int
    let etag: EntityTags
    /// By algorithm, as the XML has them.
    let checksums: [ChecksumAlgorithm: String]

    static func list(_ root: XMLElement) throws(ServiceError) -> [WantedPart] {
        guard root.name == "CompleteMultipartUpload", !root.children.isEmpty else { throw .malformedXML }
        var parts: [WantedPart] = []
        for child in root.children {
            guard child.name == "Part", let number = child.text("PartNumber").flatMap({ Int($0.trimmed) }), let etag = child.text("ETag") else {
                throw .malformedXML
            }
            var checksums: [ChecksumAlgorithm: String] = [:]
            for algorithm in ChecksumAlgorithm.allCases { checksums[algorithm] = child.text(algorithm.elementName) }
            parts.append(WantedPart(number: number, etag: EntityTags(etag), checksums: checksums))
        }
        return parts
    }

    func matches(_ part: Manifest) -> Bool {
        guard etag.contains(part.etag) else { return false }
        return checksums.allSatisfy { algorithm, text in part.checksum?.algorithm != algorithm || part.checksum?.text == text }
    }
}

/// The parts of an upload put together.
struct Assembly {
    private let parts: [Manifest]
    let checksum: Checksum?

    /// Checks order, presence, ETags, checksums and sizes, in the order in which the service does.
    init(_ wanted: [WantedPart], from uploaded: [Int: PendingUpload.Part], _ upload: PendingUpload, minimumPart: Int64) throws(ServiceError) {
        var parts: [Manifest] = []
        for (index, part) in wanted.enumerated() {
            if index > 0, part.number <= wanted[index - 1].number { throw .invalidPartOrder }
        }
        for part in wanted {
            guard let manifest = uploaded[part.number]?.manifest, part.matches(manifest) else { throw .invalidPart }
            parts.append(manifest)
        }
        guard parts.dropLast().allSatisfy({ $0.size >= minimumPart }) else { throw .entityTooSmall }
        self.parts = parts
        checksum = Self.checksum(of: parts, upload)
    }

    private static func checksum(of parts: [Manifest], _ upload: PendingUpload) -> Checksum? {
        guard let algorithm = upload.checksumAlgorithm else { return nil }
        let checksums = parts.compactMap { part in part.checksum.map { (checksum: $0, size: part.size) } }
        guard checksums.count == parts.count, checksums.allSatisfy({ $0.checksum.algorithm == algorithm }) else { return nil }
        if upload.hasFullChecksum { return RunningChecksum.full(of: checksums, algorithm) }
        return RunningChecksum.composite(of: checksums.map(\.checksum), algorithm)
    }

    /// In bytes.
    var size: Int64 { parts.reduce(0) { $0 + $1.size } }

    /// The MD5 of the parts' MD5s, and their number.
    private func etag(isPlain: Bool) -> String {
        let hashes = parts.flatMap { Hex.decode($0.etag) ?? [] }
        return Hex.encode(Insecure.MD5.hash(data: hashes)) + (isPlain ? "" : "-\(parts.count)")
    }

    func manifest(of upload: PendingUpload, generation: UInt64, plainTag: Bool) -> Manifest {
        let segments = parts.flatMap { part in if case .segments(let segments) = part.content { segments } else { [Segment]() } }
        var manifest = Manifest(
            key: upload.manifest.key, generation: generation, size: size, etag: etag(isPlain: plainTag), modified: .now,
            attributes: upload.manifest.attributes,
            content: .segments(segments), partSizes: parts.map(\.size), checksum: checksum, upload: upload.id)
        manifest.facts = upload.manifest.facts
        return manifest
    }
}
