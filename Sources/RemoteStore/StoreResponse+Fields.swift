package import FileSystemTypes
internal import Foundation
internal import HTTPTransport
internal import ObjectStorage

extension StoreResponse {
    /// What the headers say of an object; `Content-Length` is its size in answers to HEAD.
    func objectInfo(_ dialect: Dialect) throws(StoreError) -> ObjectInfo {
        guard let size = headers["content-length"].flatMap({ Int64($0) }), size >= 0 else {
            throw StoreError(.invalidResponse, "the store's answer has no Content-Length")
        }
        return objectInfo(size: size, dialect)
    }

    private func objectInfo(size: Int64, _ dialect: Dialect) -> ObjectInfo {
        var metadata: [String: String] = [:]
        for field in headers.fields where field.name.hasPrefix(dialect.metadataPrefix) {
            metadata[String(field.name.dropFirst(dialect.metadataPrefix.count))] = field.value
        }
        var info = ObjectInfo(
            size: size, etag: headers["etag"].map { ETag($0) }, lastModified: headers["last-modified"].flatMap { Timestamp(httpDate: $0) },
            contentType: headers["content-type"], metadata: metadata,
            version: headers[dialect.header("version-id")].map { VersionID($0) }, storageClass: headers[dialect.header("storage-class")])
        info.headers = keptHeaders
        info.appendPosition = isAppendable ? appendPosition(dialect) ?? size : nil
        info.md5 = hasDigestAsETag(dialect) ? info.etag?.digits : nil
        return info
    }

    /// Whether the ETag, if it looks like an MD5, is that of the bytes: not where the store encrypts with keys of a key service or of the client, nor
    /// where appends made the object.
    ///
    /// Source: Amazon S3 API Reference, "Object" (ETag); IBM Cloud Object Storage, "Key Protect".
    private func hasDigestAsETag(_ dialect: Dialect) -> Bool {
        let encryption = headers[dialect.header("server-side-encryption")]?.lowercased()
        guard encryption == nil || encryption == "aes256", headers["ibm-sse-kp-enabled"] == nil else { return false }
        return headers[dialect.header("server-side-encryption-customer-algorithm")] == nil && !isAppendable
    }

    /// `aws-chunked` was a coding of the request, which some stores take for one of the object.
    private var keptHeaders: [KeptHeader: String] {
        var kept: [KeptHeader: String] = [:]
        for header in KeptHeader.allCases { kept[header] = headers[header.rawValue] }
        let codings = kept[.contentEncoding]?.split(separator: ",").map { $0.filter { $0 != " " } }.filter { $0 != "aws-chunked" }
        kept[.contentEncoding] = codings.flatMap { $0.isEmpty ? nil : $0.joined(separator: ",") }
        return kept
    }

    /// Huawei's and Ceph's word for an object that an append created.
    private var isAppendable: Bool {
        ["x-obs-object-type", "x-rgw-object-type"].contains { headers[$0]?.lowercased() == "appendable" }
    }

    /// What a GET brought. A server that sends other bytes than those asked for is not believed.
    func content(asked: ByteRange?, _ dialect: Dialect, title: String) throws(StoreError) -> (info: ObjectInfo, range: ByteRange) {
        let length = try objectInfo(dialect).size
        guard let asked else {
            var info = objectInfo(size: length, dialect)
            info.checksum = dialect.tellsChecksums ? checksum(dialect) : nil
            return (info, ByteRange(offset: 0, count: length))
        }
        guard let text = headers["content-range"], let (sent, total) = Self.contentRange(text) else {
            throw StoreError(.invalidResponse, "\(title): the store ignored the range and sent status \(status)", status: status)
        }
        guard sent == asked.clamped(toSize: total), sent.count == length else {
            throw StoreError(.invalidResponse, "\(title): the store sent \(text) instead of \(asked.offset)-\(asked.end - 1)", status: status)
        }
        return (objectInfo(size: total, dialect), sent)
    }

    /// That of the whole object, the cheapest first; those that were made of the checksums of parts say nothing of the bytes as they lie.
    private func checksum(_ dialect: Dialect) -> ObjectChecksum? {
        guard headers[dialect.header("checksum-type")]?.uppercased() != "COMPOSITE" else { return nil }
        for algorithm in ObjectChecksum.Algorithm.allCases {
            guard let text = headers[dialect.header("checksum-\(algorithm.rawValue)")], let bytes = Data(base64Encoded: text) else { continue }
            if let checksum = ObjectChecksum(algorithm, Array(bytes)) { return checksum }
        }
        return nil
    }

    /// `bytes 0-499/1234` (RFC 9110, 14.4).
    package static func contentRange(_ text: String) -> (range: ByteRange, total: Int64)? {
        guard text.hasPrefix("bytes ") else { return nil }
        let halves = text.dropFirst(6).split(separator: "/")
        guard halves.count == 2, let total = Int64(halves[1]) else { return nil }
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]), 0 <= first, first <= last, last < total else {
            return nil
        }
        return (ByteRange(offset: first, count: last - first + 1), total)
    }

    func receipt(_ dialect: Dialect) -> WriteReceipt {
        WriteReceipt(
            etag: headers["etag"].map { ETag($0) }, version: headers[dialect.header("version-id")].map { VersionID($0) },
            lastModified: nil)
    }

    /// The whole body of an answer that is a document.
    func document(_ request: StoreRequest) async throws(StoreError) -> Bytes {
        do throws(TransportError) {
            return try await body.collect(limit: 32 << 20)
        } catch {
            throw StoreError(error, operation: request.title)
        }
    }
}

/// A GET's body; its length is checked against what was announced.
final class RemoteBody: ObjectBody {
    private let body: ResponseBody
    private let title: String

    init(_ body: ResponseBody, count: Int64, title: String) {
        self.body = body
        self.title = title
    }

    func next() async throws(StoreError) -> Bytes? {
        do throws(TransportError) {
            return try await body.next()
        } catch {
            throw StoreError(error, operation: title)
        }
    }

    func cancel() {
        body.cancel()
    }
}
