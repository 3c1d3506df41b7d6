import NIOHTTP1

extension Service {
    /// With `extended` (IBM), page by page and with where each bucket is.
    func listBuckets(_ request: Request) throws -> Response {
        try checkServiceInstance(request)
        let isExtended = dialect.service == .cos && request.target.has("extended")
        let all = folder.allBuckets.filter { isListed($0, request) }
        let maximum = isExtended ? max(1, min(try request.target.number("max-keys") ?? 1000, 1000)) : .max
        let page = all.prefix(maximum)
        return .xml(
            document("ListAllMyBucketsResult") { xml in
                xml.owner()
                if isExtended {
                    xml.element("IsTruncated", all.count > page.count)
                    xml.element("MaxKeys", maximum)
                    if all.count > page.count { xml.optional("NextMarker", page.last?.name) }
                }
                xml.element("Buckets") { xml in
                    for bucket in page { write(bucket, to: &xml, request, isExtended: isExtended) }
                }
            })
    }

    private func isListed(_ bucket: Bucket, _ request: Request) -> Bool {
        if dialect.service == .cos, request.target.has("extended") {
            return bucket.name.hasPrefix(request.target["prefix"] ?? "") && bucket.name > (request.target["marker"] ?? "")
        }
        guard dialect.hasFileSystems, let type = request.own("bucket-type") else { return true }
        return (type == "POSIX") == bucket.isFileSystem
    }

    private func write(_ bucket: Bucket, to xml: inout XMLWriter, _ request: Request, isExtended: Bool) {
        xml.element("Bucket") { xml in
            xml.element("Name", bucket.name)
            xml.element("CreationDate", bucket.created.isoText)
            if isExtended {
                xml.element("LocationConstraint", location(of: bucket))
                xml.element("CreationTemplateId", "")
            }
            guard dialect.hasFileSystems, request.own("location") == "true" else { return }
            xml.element("Location", location(of: bucket))
            xml.element("BucketType", bucket.isFileSystem ? "POSIX" : "OBJECT")
        }
    }

    func createBucket(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let name = try request.bucketName()
        guard ResourceName.isValidBucket(name) else { throw ServiceError.invalidBucketName }
        try checkServiceInstance(request)
        var root: XMLElement?
        if request.header("content-length") != nil || request.header("transfer-encoding") != nil {
            root = try await requestDocument(request, claim)
            guard root.map({ $0.name == "CreateBucketConfiguration" }) ?? true else { throw ServiceError.malformedXML }
        }
        let rules = try newBucketRules(request)
        let places = placeSetting(root)
        let settings = try BucketTraits(request, root, region: region).settings.merging(rules.setting) { $1 }.merging(places) { $1 }
        do {
            try folder.createBucket(name, settings: settings)
        } catch let error as ServiceError where error == .bucketAlreadyOwnedByYou && dialect.recreatesBuckets {
            let bucket = try folder.bucket(name)
            guard bucket.settings[BucketTraits.location] == settings[BucketTraits.location] else { throw error }
            if let access = rules.access { try bucket.configure { rules, _ in rules.access = access } }
            if !places.isEmpty { try bucket.settings.change { $0.merge(places) { $1 } } }
        }
        return Response(200, headers: ["Location": "/\(name)"])
    }

    func headBucket(_ request: Request) throws -> Response {
        let bucket = try bucket(request)
        var headers: HTTPHeaders = ["Content-Type": "application/xml"]
        let isNative = dialect.headerPrefix == "x-obs-"
        headers.add(name: isNative ? "x-obs-bucket-location" : dialect.header("bucket-region"), value: location(of: bucket))
        if dialect.hasFileSystems {
            headers.add(name: "x-obs-version", value: "3.0")
            headers.add(name: "x-obs-bucket-type", value: bucket.isFileSystem ? "POSIX" : "OBJECT")
            if bucket.isFileSystem { headers.add(name: "x-obs-fs-file-interface", value: "Enabled") }
            let storageClass = dialect.wireName(ofClass: bucket.settings[BucketTraits.storageClass] ?? "STANDARD")
            headers.add(name: isNative ? "x-obs-storage-class" : "x-default-storage-class", value: storageClass)
        }
        if let root = bucket.settings[BucketTraits.rootKey] {
            headers.add(name: "ibm-sse-kp-enabled", value: "True")
            headers.add(name: "ibm-sse-kp-crk-id", value: root)
        }
        return Response(200, headers: headers)
    }

    func deleteBucket(_ request: Request) throws -> Response {
        try folder.deleteBucket(request.bucketName())
        return Response(204)
    }

    /// The first region of all is written as nothing; OBS has a root of its own.
    func getBucketLocation(_ request: Request) throws -> Response {
        let bucket = try bucket(request)
        let location = location(of: bucket)
        let text = location == "us-east-1" && !dialect.hasFileSystems ? "" : location
        if let places = bucket.settings[Self.places] { return .xml(Array(places.utf8)) }
        let isNative = dialect.headerPrefix == "x-obs-"
        if dialect.hasFileSystems, !isNative {
            return .xml(document("CreateBucketConfiguration") { $0.element("LocationConstraint", text) })
        }
        return .xml(XMLWriter.text(isNative ? "Location" : "LocationConstraint", namespace: dialect.xmlNamespace, text))
    }

    private static let places = "places"

    /// Where OOS is to keep the index and the bytes, which it tells as it was told.
    private func placeSetting(_ root: XMLElement?) -> [String: String] {
        guard dialect.service == .oos, let root, !root.children.isEmpty else { return [:] }
        let text = document(root.name) { xml in for child in root.children { xml.element(child) } }
        return [Self.places: String(decoding: text, as: UTF8.self)]
    }

    private func location(of bucket: Bucket) -> String { bucket.settings[BucketTraits.location] ?? region }

    /// A bearer token does not say which instance is meant; keys belong to one.
    private func checkServiceInstance(_ request: Request) throws(ServiceError) {
        guard dialect.needsServiceInstance, request.header("authorization")?.lowercased().hasPrefix("bearer ") == true else { return }
        guard let instance = request.header("ibm-service-instance-id"), !instance.isEmpty else {
            throw .invalidRequest("Missing required header for this request: ibm-service-instance-id")
        }
    }
}
