import FileSystemTypes
import ObjectStorage

/// What `x-amz-copy-source` names, and the conditions on it.
struct CopySource {
    let bucket: String
    let key: Key
    /// Nil for the latest.
    let version: String?
    let conditions: ReadConditions

    /// `bucket/key`, percent-encoded, with or without a leading slash.
    init(_ request: Request) throws(ServiceError) {
        let text = request.own("copy-source") ?? ""
        let parts = text.split(separator: "?versionId=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = PercentCoding.decodeText(parts[0]) else { throw Self.invalid }
        let sides = (path.hasPrefix("/") ? path.dropFirst() : path[...]).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else { throw Self.invalid }
        bucket = String(sides[0])
        key = Key(String(sides[1]))
        version = parts.count == 2 ? String(parts[1]) : nil
        guard key.bytes.count <= request.dialect.limits.key else { throw .keyTooLong }
        conditions = ReadConditions { request.own("copy-source-\($0)") }
    }

    private static let invalid = ServiceError.invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey")

    /// The source's object. All conditions fail with 412, as there is nothing to answer 304 with.
    func find(by service: Service) throws(ServiceError) -> (bucket: Bucket, object: StoredObject) {
        let bucket = try service.folder.bucket(bucket)
        let object = try object(in: bucket, by: service)
        do throws(ServiceError) {
            try conditions.check(etag: object.etag, modified: object.manifest.modified)
        } catch {
            throw .preconditionFailed
        }
        return (bucket, object)
    }

    /// A delete marker cannot be copied.
    private func object(in bucket: Bucket, by service: Service) throws(ServiceError) -> StoredObject {
        do throws(ServiceError) {
            return try service.find(key, version: version, in: bucket)
        } catch {
            guard error.code == ServiceError.methodNotAllowed.code else { throw error }
            throw .invalidRequest("The source of a copy request may not specifically refer to a delete marker by version id.")
        }
    }

    /// The range of a part copy, all of it within the source.
    static func range(_ request: Request, size: Int64) throws(ServiceError) -> ByteRange {
        guard let text = request.own("copy-source-range") else { return ByteRange(offset: 0, count: size) }
        guard case .closed(let first, let last)? = RangeHeader(text) else {
            throw .invalidArgument(
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy"
            )
        }
        guard last < size else { throw .invalidArgument("Range specified is not valid for source object of size: \(size)") }
        return ByteRange(offset: first, count: last - first + 1)
    }
}
