import NIOHTTP1

extension Service {
    func listBuckets(_ request: Request) -> Response {
        .xml(
            document("ListAllMyBucketsResult") { xml in
                xml.owner()
                xml.element("Buckets") { xml in
                    for bucket in folder.allBuckets {
                        xml.element("Bucket") { xml in
                            xml.element("Name", bucket.name)
                            xml.element("CreationDate", bucket.created.isoText)
                        }
                    }
                }
            })
    }

    func createBucket(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let name = try request.bucketName()
        guard ResourceName.isValidBucket(name) else { throw ServiceError.invalidBucketName }
        if request.header("content-length") != nil {
            let root = try await requestDocument(request, claim)
            guard root.map({ $0.name == "CreateBucketConfiguration" }) ?? true else { throw ServiceError.malformedXML }
        }
        try folder.createBucket(name, settings: newBucketRules(request).setting)
        return Response(200, headers: ["Location": "/\(name)"])
    }

    func headBucket(_ request: Request) throws -> Response {
        _ = try bucket(request)
        return Response(200, headers: [dialect.header("bucket-region"): region, "Content-Type": "application/xml"])
    }

    func deleteBucket(_ request: Request) throws -> Response {
        try folder.deleteBucket(request.bucketName())
        return Response(204)
    }

    /// The first region of all is written as nothing.
    func getBucketLocation(_ request: Request) throws -> Response {
        _ = try bucket(request)
        let text = region == "us-east-1" ? "" : region
        return .xml(
            Array(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"\(dialect.xmlNamespace)\">\(text)</LocationConstraint>".utf8)
        )
    }
}
