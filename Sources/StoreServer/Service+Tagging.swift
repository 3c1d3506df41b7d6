import NIOHTTP1
import ObjectStorage

extension Service {
    func getBucketTagging(_ request: Request) throws -> Response {
        guard let tags = try bucket(request).rules.tags else { throw ServiceError.noSuchTagSet }
        return .xml(document("Tagging") { $0.element(tags) })
    }

    func putBucketTagging(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        let tags = try await requestTags(request, claim, limit: dialect.features.bucketTags)
        try bucket.configure { rules, _ in rules.tags = tags }
        return Response(dialect.features.bucketTaggingStatus)
    }

    func deleteBucketTagging(_ request: Request) throws -> Response {
        try bucket(request).configure { rules, _ in rules.tags = nil }
        return Response(204)
    }

    /// An object without tags has an empty set.
    func getObjectTagging(_ request: Request) throws -> Response {
        let (bucket, object) = try find(request)
        guard !object.facts.tags.isEmpty || dialect.features.hasEmptyTagSets else { throw ServiceError.noSuchTagSet }
        return .xml(document("Tagging") { $0.element(object.facts.tags) }, headers: versionHeaders(of: object, in: bucket))
    }

    func putObjectTagging(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let (bucket, object) = try find(request)
        let tags = try await requestTags(request, claim, limit: dialect.features.objectTags)
        try bucket.update(object) { $0.tags = tags }
        return Response(200, headers: versionHeaders(of: object, in: bucket))
    }

    func deleteObjectTagging(_ request: Request) throws -> Response {
        let (bucket, object) = try find(request)
        try bucket.update(object) { $0.tags = [] }
        return Response(204, headers: versionHeaders(of: object, in: bucket))
    }

    func versionHeaders(of object: StoredObject, in bucket: Bucket) -> HTTPHeaders {
        guard let version = bucket.versionID(of: object) else { return [:] }
        return [dialect.header("version-id"): version]
    }

    private func requestTags(_ request: Request, _ claim: PayloadClaim, limit: Int) async throws -> [Tag] {
        guard let root = try await requestDocument(request, claim, protected: true) else { throw ServiceError.malformedXML }
        return try Tag.list(root, limit: limit, reserved: dialect.features.reservedTagPrefix)
    }

    /// What the `tagging` header of an upload says.
    func headerTags(_ request: Request) throws(ServiceError) -> [Tag] {
        guard let text = request.own("tagging") else { return [] }
        return try Tag.list(header: text, limit: dialect.features.objectTags, reserved: dialect.features.reservedTagPrefix)
    }
}
