package import ObjectStorage

/// One bucket of a remote store, spoken to in its dialect.
///
/// Source of all operations: Amazon S3 API Reference.
package struct RemoteStore: ObjectStore {
    let client: StoreClient
    let bucket: BucketName
    package let capabilities: Capabilities

    /// `capabilities` is what is known of this bucket; nil where nothing is known beyond its dialect.
    package init(_ client: StoreClient, bucket: BucketName, capabilities: Capabilities? = nil) {
        self.client = client
        self.bucket = bucket
        self.capabilities = capabilities ?? client.dialect.capabilities
    }

    package var limits: StoreLimits { client.dialect.limits }

    var dialect: Dialect { client.dialect }

    func request(_ method: String, _ key: Key? = nil) -> StoreRequest {
        StoreRequest(method, bucket, key)
    }
}
