package import FileSystemTypes
internal import HTTPTransport

/// What the answer to HEAD on a bucket tells of it.
package struct BucketTraits: Hashable, Sendable {
    /// Files can be changed in place and renamed (OBS parallel file system).
    package let isFileSystem: Bool
    /// Where it lies, in the store's own words; nil where the store does not say.
    package let location: String?
    /// What the store's clock showed when it answered; whole seconds.
    package let storeTime: Timestamp?

    /// Source: "Obtaining Bucket Metadata", OBS API Reference; HeadBucket, Amazon S3 API Reference.
    init(_ response: StoreResponse, _ dialect: Dialect) {
        let headers = response.headers
        isFileSystem =
            dialect.family == .obs
            && (headers["x-obs-fs-file-interface"]?.lowercased() == "enabled" || headers["x-obs-bucket-type"]?.uppercased() == "POSIX")
        storeTime = headers["date"].flatMap { Timestamp(httpDate: $0) }
        location = headers["x-obs-bucket-location"] ?? headers["x-amz-bucket-region"]
    }
}
