internal import FileSystemTypes
package import ObjectStorage
internal import Signing

/// The buckets of the account whose keys the client uses.
package struct RemoteBuckets: BucketService {
    private let client: StoreClient

    package init(_ client: StoreClient) {
        self.client = client
    }

    package func createBucket(_ name: BucketName) async throws(StoreError) {
        try await createBucket(name, BucketWishes())
    }

    /// Fails with `unsupported` where the dialect does not know what is wished.
    package func createBucket(_ name: BucketName, _ wishes: BucketWishes) async throws(StoreError) {
        let request = try wishes.request(name, client.dialect, client.endpoint, region: client.configuration.region)
        _ = try await client.send(request)
    }

    /// All buckets, with where they lie where the store tells.
    package func listBuckets() async throws(StoreError) -> [BucketSummary] {
        var request = StoreRequest("GET", nil)
        switch client.dialect.family {
        case .cos: return try await listExtended()
        case .obs: request.headers = [HeaderField(client.dialect.header("location"), "true")]
        case .s3, .oos: break
        }
        return try await page(request).buckets
    }

    /// IBM's own listing goes page by page; names go up from page to page.
    private func listExtended() async throws(StoreError) -> [BucketSummary] {
        var buckets: [BucketSummary] = []
        var marker: String?
        while true {
            var request = StoreRequest("GET", nil)
            request.query = [QueryItem("extended")]
            if let marker { request.query.append(.encoding("marker", marker)) }
            let (found, root) = try await page(request)
            buckets += found
            guard root.text("IsTruncated") == "true" else { return buckets }
            guard let next = root.text("NextMarker") ?? found.last?.name.text, marker.map({ $0 < next }) ?? !next.isEmpty else {
                throw StoreError(.invalidResponse, "the store's list of buckets does not go on")
            }
            marker = next
        }
    }

    private func page(_ request: StoreRequest) async throws(StoreError) -> (buckets: [BucketSummary], root: XMLElement) {
        let document = try await client.send(request).document(request)
        let root = try XMLElement.parse(document, root: "ListAllMyBucketsResult")
        return ((root.first("Buckets")?.all("Bucket") ?? []).compactMap(Self.summary), root)
    }

    private static func summary(_ element: XMLElement) -> BucketSummary? {
        guard let name = element.text("Name") else { return nil }
        var summary = BucketSummary(name: BucketName(name), created: element.text("CreationDate").flatMap { Timestamp(iso8601: $0) })
        summary.location = ["LocationConstraint", "Location", "BucketRegion"].lazy.compactMap { element.text($0) }.first { !$0.isEmpty }
        summary.isFileSystem = element.text("BucketType")?.uppercased() == "POSIX"
        return summary
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
