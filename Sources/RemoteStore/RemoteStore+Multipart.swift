package import FileSystemTypes
internal import HTTPTransport
package import ObjectStorage
internal import Signing

extension RemoteStore {
    package func createUpload(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) -> UploadID {
        var request = try checked("POST", key)
        request.query = [QueryItem("uploads")]
        request.roles = .creates
        // Of two uploads only one would ever be heard of.
        request.mayRepeat = false
        request.add(attributes, dialect)
        let root = try await answer(request, root: "InitiateMultipartUploadResult")
        guard let id = root.text("UploadId"), !id.isEmpty else {
            throw StoreError(.invalidResponse, "the store began an upload without naming its id")
        }
        return UploadID(id)
    }

    package func uploadPart(_ upload: Upload, number: Int, _ body: any ByteSource) async throws(StoreError) -> UploadedPart {
        var request = try part("PUT", upload, number)
        request.roles = .content
        request.body = body
        let response = try await client.send(request)
        guard let etag = response.headers["etag"] else { throw StoreError(.invalidResponse, "the store took a part without naming its ETag") }
        return UploadedPart(number: number, etag: ETag(etag), size: body.count)
    }

    /// CTYun copies ranges of large objects only, as its document has it: what it refuses takes the way over this machine.
    package func copyPart(
        _ upload: Upload, number: Int, from source: Key, range: ByteRange, ifSourceMatches: ETag?
    ) async throws(StoreError) -> UploadedPart {
        guard dialect.family == .oos else { return try await copyPartThere(upload, number, source, range, ifSourceMatches) }
        if !client.refusesPartCopies {
            do throws(StoreError) {
                return try await copyPartThere(upload, number, source, range, ifSourceMatches)
            } catch {
                guard [.invalidRequest, .unsupported].contains(error.reason) else { throw error }
                client.notePartCopyRefused(error)
            }
        }
        return try await copyPartByHand(upload, number, source, range, ifSourceMatches)
    }

    private func copyPartByHand(
        _ upload: Upload, _ number: Int, _ source: Key, _ range: ByteRange, _ etag: ETag?
    ) async throws(StoreError) -> UploadedPart {
        let body = RangeOfObject(self, source, range, etag: etag)
        do throws(StoreError) {
            return try await uploadPart(upload, number: number, body)
        } catch {
            throw body.failure ?? error
        }
    }

    private func copyPartThere(
        _ upload: Upload, _ number: Int, _ source: Key, _ range: ByteRange, _ ifSourceMatches: ETag?
    ) async throws(StoreError) -> UploadedPart {
        var request = try part("PUT", upload, number)
        request.isSlow = true
        request.roles = [.content, .copies]
        request.headers = [
            HeaderField(dialect.header("copy-source"), copySource(source)),
            HeaderField(dialect.header("copy-source-range"), "bytes=\(range.offset)-\(range.end - 1)"),
        ]
        if let etag = ifSourceMatches { request.headers.append(HeaderField(dialect.header("copy-source-if-match"), etag.quoted)) }
        let root = try await answer(request, root: "CopyPartResult")
        guard let etag = root.text("ETag") else { throw StoreError(.invalidResponse, "the store copied a part without naming its ETag") }
        return UploadedPart(number: number, etag: ETag(etag), size: range.count)
    }

    package func completeUpload(_ upload: Upload, parts: [UploadedPart], _ condition: WriteCondition) async throws(StoreError) -> WriteReceipt {
        var request = try self.upload("POST", upload)
        request.isSlow = true
        request.roles = .completes
        request.add(condition, dialect)
        var writer = XMLWriter()
        writer.element("CompleteMultipartUpload", namespace: "http://s3.amazonaws.com/doc/2006-03-01/") { writer in
            for part in parts {
                writer.element("Part") { writer in
                    writer.element("PartNumber", String(part.number))
                    writer.element("ETag", part.etag.quoted)
                }
            }
        }
        request.body = BytesSource(writer.bytes)
        let (root, response) = try await documented(request, root: "CompleteMultipartUploadResult")
        let version = response.headers[dialect.header("version-id")].map { VersionID($0) }
        // Ceph names the element and leaves it empty.
        let etag = root.text("ETag").flatMap { $0.isEmpty ? nil : ETag($0) }
        return WriteReceipt(etag: etag, version: version)
    }

    package func abortUpload(_ upload: Upload) async throws(StoreError) {
        do throws(StoreError) {
            _ = try await client.send(try self.upload("DELETE", upload))
        } catch {
            if error.reason != .noSuchUpload { throw error }
        }
    }

    package func listParts(_ upload: Upload) async throws(StoreError) -> [UploadedPart] {
        var parts: [UploadedPart] = []
        var marker = 0
        while true {
            var request = try self.upload("GET", upload)
            request.query.append(QueryItem("part-number-marker", String(marker)))
            let root = try await partList(request)
            for element in root.all("Part") { parts.append(try Self.part(element)) }
            guard root.text("IsTruncated") == "true" else { return parts }
            guard let next = root.text("NextPartNumberMarker").flatMap({ Int($0) }), next > marker else {
                throw StoreError(.invalidResponse, "the store's list of parts does not go on")
            }
            marker = next
        }
    }

    /// A 404 is about the upload here, also where it names the key, as Ceph's does.
    private func partList(_ request: StoreRequest) async throws(StoreError) -> XMLElement {
        do throws(StoreError) {
            return try await answer(request, root: "ListPartsResult")
        } catch {
            var named = error
            if error.reason == .noSuchKey { named.reason = .noSuchUpload }
            throw named
        }
    }

    /// Does not ask for encoded keys: Ceph encodes them without saying so, and SeaweedFS says so without doing it.
    package func listUploads(prefix: Key) async throws(StoreError) -> [Upload] {
        var uploads: [Upload] = []
        var markers: (key: [UInt8], upload: [UInt8])?
        while true {
            var request = request("GET")
            request.query = [QueryItem("uploads"), .encoding("prefix", raw: prefix.bytes)]
            if let markers {
                request.query += [.encoding("key-marker", raw: markers.key), .encoding("upload-id-marker", raw: markers.upload)]
            }
            let (root, response) = try await documented(request, root: "ListMultipartUploadsResult")
            let isEncoded = root.text("EncodingType") == "url"
            let ahead = response.headers["date"].flatMap { Timestamp(httpDate: $0) }.map { $0.seconds - Timestamp.now.seconds } ?? 0
            for element in root.all("Upload") { uploads.append(try Self.upload(element, isEncoded: isEncoded, clockAhead: ahead)) }
            guard root.text("IsTruncated") == "true" else { return uploads }
            let key = Self.decoded(root.text("NextKeyMarker") ?? "", isEncoded)
            let next = (key, Array((root.text("NextUploadIdMarker") ?? "").utf8))
            guard markers.map({ $0 != next }) ?? !next.0.isEmpty else {
                throw StoreError(.invalidResponse, "the store's list of uploads does not go on")
            }
            markers = next
        }
    }

    private func upload(_ method: String, _ upload: Upload) throws(StoreError) -> StoreRequest {
        var request = try checked(method, upload.key)
        request.query = [.encoding("uploadId", upload.id.text)]
        return request
    }

    private func part(_ method: String, _ upload: Upload, _ number: Int) throws(StoreError) -> StoreRequest {
        var request = try checked(method, upload.key)
        request.query = [QueryItem("partNumber", String(number)), .encoding("uploadId", upload.id.text)]
        return request
    }

    private static func part(_ element: XMLElement) throws(StoreError) -> UploadedPart {
        guard let number = element.text("PartNumber").flatMap({ Int($0) }), let etag = element.text("ETag") else {
            throw StoreError(.invalidResponse, "the store lists a part without number or ETag")
        }
        return UploadedPart(number: number, etag: ETag(etag), size: element.text("Size").flatMap { Int64($0) })
    }

    /// `clockAhead`: by how many seconds the store's clock is ahead of this machine's.
    private static func upload(_ element: XMLElement, isEncoded: Bool, clockAhead: Int64) throws(StoreError) -> Upload {
        guard let key = element.text("Key"), let id = element.text("UploadId") else {
            throw StoreError(.invalidResponse, "the store lists an upload without key or id")
        }
        let initiated = element.text("Initiated").flatMap { Timestamp(iso8601: $0) }.map {
            Timestamp(seconds: $0.seconds - clockAhead, nanoseconds: $0.nanoseconds)
        }
        return Upload(key: Key(decoded(key, isEncoded)), id: UploadID(id), initiated: initiated)
    }

    private static func decoded(_ text: String, _ isEncoded: Bool) -> [UInt8] {
        isEncoded ? PercentEncoding.decode(text.utf8, plusIsBlank: true) : Array(text.utf8)
    }
}
