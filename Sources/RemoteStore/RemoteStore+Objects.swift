package import FileSystemTypes
internal import HTTPTransport
package import ObjectStorage
internal import Signing

extension RemoteStore {
    package func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        var request = try checked("HEAD", key)
        request.roles = .content
        request.add(conditions)
        let response = try await client.send(request)
        return try response.objectInfo(dialect)
    }

    package func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        if conditions.isWhole, let range, dialect.tellsChecksums {
            let whole = try await fetch(key, range: nil, conditions)
            if whole.range == range { return whole }
            whole.body.cancel()
        }
        return try await fetch(key, range: range, conditions)
    }

    /// Stores tell a checksum only to those who ask for it, and only of what is read whole.
    ///
    /// Source: "Checking object integrity", Amazon S3 User Guide.
    private func fetch(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        var request = try checked("GET", key)
        request.delivery = .streamed
        request.roles = .content
        request.add(conditions)
        if range == nil, conditions.isWhole, dialect.tellsChecksums {
            request.headers.append(HeaderField(dialect.header("checksum-mode"), "ENABLED"))
        }
        if let range {
            guard !range.isEmpty else { throw StoreError(.invalidRange, "an empty range cannot be asked for") }
            request.headers.append(HeaderField("Range", "bytes=\(range.offset)-\(range.end - 1)"))
        }
        let response = try await client.send(request)
        let (info, sent) = try response.content(asked: range, dialect, title: request.title)
        return ObjectContent(info: info, range: sent, body: RemoteBody(response.body, count: sent.count, title: request.title))
    }

    package func put(
        _ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        var request = try checked("PUT", key)
        request.roles = [.creates, .content]
        request.body = body
        request.add(attributes, dialect)
        request.add(condition, dialect)
        return try await client.send(request).receipt(dialect)
    }

    package func delete(_ key: Key) async throws(StoreError) {
        _ = try await client.send(try checked("DELETE", key))
    }

    /// Keys that an XML document cannot carry are deleted one by one.
    package func delete(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError] {
        var failed = try await deleteTogether(keys.filter(DeleteDocument.canCarry))
        for key in keys where !DeleteDocument.canCarry(key) {
            do throws(StoreError) {
                try await delete(key)
            } catch {
                failed[key] = error
            }
        }
        return failed
    }

    private func deleteTogether(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError] {
        guard !keys.isEmpty else { return [:] }
        var request = request("POST")
        request.query = [QueryItem("delete")]
        request.needsMD5 = true
        request.body = BytesSource(DeleteDocument.encode(keys))
        let root = try await answer(request, root: "DeleteResult")
        var failed: [Key: StoreError] = [:]
        for element in root.all("Error") {
            let code = element.text("Code")
            var error = StoreError(.init(deleteCode: code), element.text("Message") ?? "the store did not delete it", serviceCode: code)
            error.operation = request.title
            failed[Key(element.text("Key") ?? "")] = error
        }
        return failed
    }

    package func copy(_ copy: CopyRequest) async throws(StoreError) -> WriteReceipt {
        var request = try checked("PUT", copy.destination)
        request.isSlow = true
        request.roles = [.creates, .content, .copies]
        request.headers.append(HeaderField(dialect.header("copy-source"), copySource(copy.source)))
        if let etag = copy.ifSourceMatches {
            request.headers.append(HeaderField(dialect.header("copy-source-if-match"), etag.quoted))
        }
        if let attributes = copy.replacing {
            request.headers.append(HeaderField(dialect.header("metadata-directive"), "REPLACE"))
            request.add(attributes, dialect)
        }
        let (root, response) = try await documented(request, root: "CopyObjectResult")
        return WriteReceipt(
            etag: root.text("ETag").map { ETag($0) }, version: response.headers[dialect.header("version-id")].map { VersionID($0) },
            lastModified: root.text("LastModified").flatMap { Timestamp(iso8601: $0) })
    }

    // MARK: Parts of requests

    /// An empty key would address the bucket itself.
    func checked(_ method: String, _ key: Key) throws(StoreError) -> StoreRequest {
        guard !key.bytes.isEmpty else { throw StoreError(.invalidRequest, "a key is never empty") }
        guard key.bytes.count <= limits.key else {
            throw StoreError(.keyTooLong, "the key is \(key.bytes.count) bytes long; the store takes \(limits.key)")
        }
        return request(method, key)
    }

    func copySource(_ key: Key) -> String {
        "\(bucket.text)/\(PercentEncoding.encodePath(key.bytes))"
    }

    func answer(_ request: StoreRequest, root: String) async throws(StoreError) -> XMLElement {
        try await documented(request, root: root).root
    }

    func documented(_ request: StoreRequest, root: String) async throws(StoreError) -> (root: XMLElement, response: StoreResponse) {
        let response = try await client.send(request)
        do throws(StoreError) {
            return (try XMLElement.parse(try await response.document(request), root: root), response)
        } catch {
            var error = error
            error.operation = request.title
            error.outcomeUnknown = true
            throw error
        }
    }
}

extension StoreError.Reason {
    /// The code of one key in the answer to a multi-delete.
    fileprivate init(deleteCode code: String?) {
        self = StoreError.reason(code: code, status: 500)
    }
}

/// The body of DeleteObjects.
private enum DeleteDocument {
    /// XML 1.0 has no way to write most control characters, nor bytes that are not UTF-8.
    static func canCarry(_ key: Key) -> Bool {
        guard let text = String(validating: key.bytes, as: UTF8.self) else { return false }
        return text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 0xFFFE && $0.value != 0xFFFF }
    }

    static func encode(_ keys: [Key]) -> Bytes {
        var writer = XMLWriter()
        writer.element("Delete", namespace: "http://s3.amazonaws.com/doc/2006-03-01/") { writer in
            for key in keys {
                writer.element("Object") { $0.element("Key", key.description) }
            }
            writer.element("Quiet", "true")
        }
        return writer.bytes
    }
}
