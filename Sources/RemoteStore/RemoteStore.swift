package import ObjectStorage

/// One bucket of a remote store, spoken to in its dialect.
///
/// Source of all operations: Amazon S3 API Reference.
package struct RemoteStore: ObjectStore {
    let client: StoreClient
    let bucket: BucketName

    package init(_ client: StoreClient, bucket: BucketName) {
        self.client = client
        self.bucket = bucket
    }

    package var limits: StoreLimits { client.dialect.limits }

    var dialect: Dialect { client.dialect }

    func request(_ method: String, _ key: Key? = nil) -> StoreRequest {
        StoreRequest(method, bucket, key)
    }
}
