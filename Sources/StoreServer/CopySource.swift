import FileSystemTypes
import ObjectStorage

/// What `x-amz-copy-source` names, and the conditions on it.
struct CopySource {
    let bucket: String
    let key: Key
    let conditions: ReadConditions

    /// `bucket/key`, percent-encoded, with or without a leading slash.
    init(_ request: Request) throws(ServiceError) {
        let text = request.own("copy-source") ?? ""
        let parts = text.split(separator: "?versionId=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 1 else { throw .notImplemented("versionId in the copy source") }
        guard let path = PercentCoding.decodeText(parts[0]) else { throw Self.invalid }
        let sides = (path.hasPrefix("/") ? path.dropFirst() : path[...]).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else { throw Self.invalid }
        bucket = String(sides[0])
        key = Key(String(sides[1]))
        guard key.bytes.count <= request.dialect.limits.key else { throw .keyTooLong }
        conditions = ReadConditions { request.own("copy-source-\($0)") }
    }

    private static let invalid = ServiceError.invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey")

    /// The source's object. All conditions fail with 412, as there is nothing to answer 304 with.
    func find(in folder: DataFolder) throws(ServiceError) -> (bucket: Bucket, object: StoredObject) {
        let bucket = try folder.bucket(bucket)
        guard let object = bucket.object(key) else { throw .noSuchKey }
        do throws(ServiceError) {
            try conditions.check(etag: object.etag, modified: object.manifest.modified)
        } catch {
            throw .preconditionFailed
        }
        return (bucket, object)
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
