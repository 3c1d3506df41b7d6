internal import FileSystemTypes
package import ObjectStorage

/// The buckets of the account whose keys the client uses.
package struct RemoteBuckets: BucketService {
    private let client: StoreClient

    package init(_ client: StoreClient) {
        self.client = client
    }

    /// Outside of `us-east-1` Amazon wants the region repeated in the body; other stores have names of their own for places, or none.
    package func createBucket(_ name: BucketName) async throws(StoreError) {
        var request = StoreRequest("PUT", name)
        let region = client.configuration.region
        if client.configuration.endpoint.isAmazon, region != "us-east-1" {
            var writer = XMLWriter()
            writer.element("CreateBucketConfiguration", namespace: "http://s3.amazonaws.com/doc/2006-03-01/") {
                $0.element("LocationConstraint", region)
            }
            request.body = BytesSource(writer.bytes)
        }
        _ = try await client.send(request)
    }

    package func listBuckets() async throws(StoreError) -> [BucketSummary] {
        let request = StoreRequest("GET", nil)
        let document = try await client.send(request).document(request)
        let root = try XMLElement.parse(document, root: "ListAllMyBucketsResult")
        return (root.first("Buckets")?.all("Bucket") ?? []).compactMap { element in
            element.text("Name").map { name in
                BucketSummary(name: BucketName(name), created: element.text("CreationDate").flatMap { Timestamp(iso8601: $0) })
            }
        }
    }

    package func headBucket(_ name: BucketName) async throws(StoreError) {
        _ = try await client.send(StoreRequest("HEAD", name))
    }

    /// As `headBucket`, with what the answer tells.
    package func traits(of name: BucketName) async throws(StoreError) -> BucketTraits {
        BucketTraits(try await client.send(StoreRequest("HEAD", name)), client.dialect)
    }

    package func deleteBucket(_ name: BucketName) async throws(StoreError) {
        _ = try await client.send(StoreRequest("DELETE", name))
    }
}
