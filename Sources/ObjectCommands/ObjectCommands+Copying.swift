package import FileSystemTypes
package import ObjectStorage
package import RemoteStore

/// A copy within one store, also from one bucket to another.
package struct CopyWish: Sendable {
    package var version: String?
    package var ifMatch: String?
    package var ifNoneMatch: String?
    package var ifModifiedSince: String?
    package var ifUnmodifiedSince: String?
    /// The attributes of `target` instead of the source's.
    package var replacesAttributes = false
    /// Its tags instead of the source's.
    package var replacesTags = false
    package var target = WriteWish()
    /// From this size on in parts, each of this size; nil where only size forces it.
    package var partSize: Int64?

    package init() {}

    func addConditions(to call: inout ObjectCall, _ dialect: Dialect) {
        let name = dialect.ownHeader("copy-source-if-")
        call.say(name + "match", ifMatch.map { ETag($0).quoted })
        call.say(name + "none-match", ifNoneMatch.map { ETag($0).quoted })
        call.say(name + "modified-since", ifModifiedSince)
        call.say(name + "unmodified-since", ifUnmodifiedSince)
    }
}

extension ObjectCommands {
    /// What one copy request takes at most, in bytes.
    package static let largestCopy: Int64 = 5 << 30
    private static let usualPart: Int64 = 512 << 20
    private static let partsAtOnce = 4

    /// Copies an object of `source` to `key` of this bucket.
    package func copy(_ sourceKey: Key, of source: RemoteObjects, to key: Key, _ wish: CopyWish) async throws(StoreError) -> WriteReceipt {
        let limit = min(wish.partSize ?? Self.largestCopy, Self.largestCopy)
        var reading = ReadWish()
        reading.version = wish.version
        let head = try await ObjectCommands(source).stat(sourceKey, reading)
        let size = head["content-length"].flatMap { Int64($0) } ?? 0
        if size <= limit { return try await copyWhole(sourceKey, source, key, wish) }
        return try await copyParts(Source(key: sourceKey, objects: source, head: head, size: size), key, wish)
    }

    private func copyWhole(_ sourceKey: Key, _ source: RemoteObjects, _ key: Key, _ wish: CopyWish) async throws(StoreError) -> WriteReceipt {
        var call = ObjectCall("PUT", key, .copies)
        call.isSlow = true
        call.say(header("copy-source"), source.copySource(sourceKey, version: wish.version))
        call.say(header("metadata-directive"), wish.replacesAttributes ? "REPLACE" : nil)
        if wish.replacesTags { call.say(header("tagging-directive"), "REPLACE") }
        wish.addConditions(to: &call, dialect)
        try wish.target.add(to: &call, dialect)
        call.needsMD5 = false
        let answer = try await objects.send(call)
        let root = try answer.element("CopyObjectResult")
        var receipt = receipt(answer)
        receipt.etag = root.text("ETag").map { ETag($0) }
        receipt.lastModified = root.text("LastModified").flatMap { Timestamp(iso8601: $0) }
        return receipt
    }

    private struct Source {
        let key: Key
        let objects: RemoteObjects
        let head: ObjectAnswer
        let size: Int64
    }

    private func copyParts(_ source: Source, _ key: Key, _ wish: CopyWish) async throws(StoreError) -> WriteReceipt {
        var target = wish.target
        if !wish.replacesAttributes { target.attributes = attributes(of: source.head) }
        if !wish.replacesTags, ObjectFeature.tags.isOffered(dialect) {
            target.tags = try await ObjectCommands(source.objects).tags(of: source.key, version: wish.version)
        }
        var conditions = wish
        if conditions.ifMatch == nil { conditions.ifMatch = source.head["etag"] }
        let upload = try await begin(key, target)
        do throws(StoreError) {
            let parts = try await copyParts(of: source, to: upload, conditions)
            return try await objects.store.completeUpload(upload, parts: parts, target.condition)
        } catch {
            try? await objects.store.abortUpload(upload)
            throw error
        }
    }

    private func copyParts(of source: Source, to upload: Upload, _ wish: CopyWish) async throws(StoreError) -> [UploadedPart] {
        let least = (source.size + Int64(objects.store.limits.parts) - 1) / Int64(objects.store.limits.parts)
        let size = max(wish.partSize ?? Self.usualPart, least, objects.store.limits.minimumPart)
        let ranges = stride(from: Int64(0), to: source.size, by: Int64.Stride(size)).map { start in
            ByteRange(offset: start, count: min(size, source.size - start))
        }
        let outcome = await concurrently(Array(ranges.enumerated()), atOnce: Self.partsAtOnce) { (index, range) async throws(StoreError) in
            try await copyPart(range, number: index + 1, of: (source.key, source.objects), to: upload, wish)
        }
        return try outcome.get().sorted { $0.number < $1.number }
    }

    /// Begins an upload of a copy: with all that its source has beside its bytes.
    package func begin(_ key: Key, likeOf sourceKey: Key, in source: RemoteObjects) async throws(StoreError) -> Upload {
        let commands = ObjectCommands(source)
        var wish = WriteWish()
        wish.attributes = attributes(of: try await commands.stat(sourceKey, ReadWish()))
        if ObjectFeature.tags.isOffered(dialect) { wish.tags = try await commands.tags(of: sourceKey, version: nil) }
        return try await begin(key, wish)
    }

    /// Copies a range into a part.
    package func copyPart(
        _ range: ByteRange, number: Int, of key: Key, in source: RemoteObjects, to upload: Upload, ifMatch etag: ETag?
    ) async throws(StoreError) -> UploadedPart {
        var wish = CopyWish()
        wish.ifMatch = etag?.text
        return try await copyPart(range, number: number, of: (key, source), to: upload, wish)
    }

    private func copyPart(
        _ range: ByteRange, number: Int, of source: (key: Key, objects: RemoteObjects), to upload: Upload, _ wish: CopyWish
    ) async throws(StoreError) -> UploadedPart {
        var call = ObjectCall("PUT", upload.key, .copiesPart)
        call.isSlow = true
        call.ask("partNumber", String(number))
        call.ask("uploadId", upload.id.text)
        call.say(header("copy-source"), source.objects.copySource(source.key, version: wish.version))
        call.say(header("copy-source-range"), "bytes=\(range.offset)-\(range.end - 1)")
        wish.addConditions(to: &call, dialect)
        let root = try await objects.send(call).element("CopyPartResult")
        guard let etag = root.text("ETag") else { throw StoreError(.invalidResponse, "the store copied a part without naming its ETag") }
        return UploadedPart(number: number, etag: ETag(etag), size: range.count)
    }

    /// What an object has beside its bytes, as HEAD tells it.
    package func attributes(of head: ObjectAnswer) -> ObjectAttributes {
        var attributes = ObjectAttributes(contentType: head["content-type"], storageClass: nil)
        for header in KeptHeader.allCases { attributes.headers[header] = head[header.rawValue] }
        let prefix = dialect.ownMetadataPrefix
        for field in head.headers where field.name.hasPrefix(prefix) {
            attributes.metadata[String(field.name.dropFirst(prefix.count))] = field.value
        }
        return attributes
    }
}
