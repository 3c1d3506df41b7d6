import NIOHTTP1
import ObjectStorage

extension Service {
    func getVersioning(_ request: Request) throws -> Response {
        let versioning = try bucket(request).rules.versioning
        return .xml(document("VersioningConfiguration") { $0.optional("Status", versioning?.rawValue) })
    }

    func putVersioning(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        guard let root = try await requestDocument(request, claim), root.name == "VersioningConfiguration",
            let versioning = root.text("Status").flatMap({ BucketRules.Versioning(rawValue: String($0.trimmed)) })
        else { throw ServiceError.malformedXML }
        try bucket.configure { rules, _ throws(ServiceError) in
            guard rules.lock == nil || versioning == .enabled else {
                throw ServiceError(
                    409, "InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
            }
            guard rules.protection == nil else {
                throw ServiceError(409, "InvalidBucketState", "A bucket with a protection policy cannot have versions")
            }
            rules.versioning = versioning
        }
        return Response(200)
    }

    func listVersions(_ request: Request) throws -> Response {
        let encoding = try NameEncoding(request)
        let (keyMarker, versionMarker) = (request.target["key-marker"] ?? "", request.target["version-id-marker"] ?? "")
        guard versionMarker.isEmpty || !keyMarker.isEmpty else {
            throw ServiceError.invalidArgument("A version-id marker cannot be specified without a key marker.")
        }
        let names = try listingQuery(request, after: keyMarker.isEmpty ? nil : Key(keyMarker))
        let page = try bucket(request).versionPage(VersionQuery(names: names, afterVersion: versionMarker.isEmpty ? nil : versionMarker))
        return .xml(
            document("ListVersionsResult") { xml in
                xml.element("Name", request.name.bucket ?? "")
                xml.element("Prefix", encoding.text(names.prefix))
                xml.element("KeyMarker", encoding.text(keyMarker))
                xml.element("VersionIdMarker", versionMarker)
                if page.isTruncated, let last = page.last {
                    xml.element("NextKeyMarker", encoding.text(last.key))
                    xml.optional("NextVersionIdMarker", last.version)
                }
                if !names.delimiter.isEmpty { xml.element("Delimiter", encoding.text(Key(names.delimiter))) }
                xml.element("MaxKeys", names.maximum)
                if encoding.isURL { xml.element("EncodingType", "url") }
                xml.element("IsTruncated", page.isTruncated)
                for entry in page.entries { write(entry, to: &xml, encoding) }
            })
    }

    private func write(_ entry: VersionPage.Entry, to xml: inout XMLWriter, _ encoding: NameEncoding) {
        guard case .version(let object, let isLatest) = entry else {
            if case .prefix(let prefix) = entry { xml.element("CommonPrefixes") { $0.element("Prefix", encoding.text(prefix)) } }
            return
        }
        let isMarker = object.facts.isDeleteMarker
        xml.element(isMarker ? "DeleteMarker" : "Version") { xml in
            xml.element("Key", encoding.text(object.manifest.key))
            xml.element("VersionId", object.facts.version ?? VersionID.null)
            xml.element("IsLatest", isLatest)
            xml.element("LastModified", object.manifest.modified.isoText)
            if !isMarker {
                xml.element("ETag", "\"\(object.etag)\"")
                xml.element("Size", object.size)
                xml.element("StorageClass", dialect.wireName(ofClass: object.manifest.attributes.storageClass))
            }
            xml.owner()
        }
    }
}

extension Service {
    /// The version that a request names, or the latest. Says what is wrong where there is none to read.
    func find(_ key: Key, version: String?, in bucket: Bucket) throws(ServiceError) -> StoredObject {
        let stack = bucket.versions(key)
        guard let version else {
            guard let latest = stack?.latest else { throw .noSuchKey }
            guard latest.facts.isDeleteMarker else { return latest }
            throw marked(.noSuchKey, by: latest)
        }
        guard let object = stack?.version(version) else { throw .noSuchVersion }
        guard object.facts.isDeleteMarker else { return object }
        throw marked(.methodNotAllowed, by: object).with(header: "Allow", "DELETE").with(header: "Last-Modified", object.manifest.modified.httpText)
    }

    func find(_ request: Request) throws(ServiceError) -> (bucket: Bucket, object: StoredObject) {
        let bucket = try bucket(request)
        return (bucket, try find(request.key(), version: request.target["versionId"], in: bucket))
    }

    private func marked(_ error: ServiceError, by marker: StoredObject) -> ServiceError {
        error.with(header: dialect.header("delete-marker"), "true").with(header: dialect.header("version-id"), marker.facts.version ?? VersionID.null)
    }

    /// What a delete did.
    struct Deletion {
        /// The version that the request named.
        var named: String?
        /// The delete marker that was made or removed.
        var marker: StoredObject?
    }

    /// Removes a version that is named; else puts a delete marker before the others where the bucket has versions.
    func delete(_ key: Key, version: String?, in bucket: Bucket, bypassesGovernance: Bool, _ condition: WritePrecondition) throws -> Deletion {
        let versioning = bucket.rules.versioning
        if version == nil, versioning != nil {
            let marker = try bucket.commit(.deleteMarker(key, generation: folder.generations.next()), condition)
            return Deletion(marker: marker)
        }
        let removed = try bucket.remove(key, version: version ?? VersionID.null, bypassesGovernance: bypassesGovernance, condition)
        return Deletion(named: version, marker: removed?.facts.isDeleteMarker == true ? removed : nil)
    }

    func deleteObject(_ request: Request) throws -> Response {
        let condition = try request.deletePrecondition()
        let deletion = try delete(
            request.key(), version: request.target["versionId"], in: bucket(request), bypassesGovernance: request.bypassesGovernance, condition)
        var headers = HTTPHeaders()
        if deletion.marker != nil { headers.add(name: dialect.header("delete-marker"), value: "true") }
        if let version = deletion.named ?? deletion.marker.map({ $0.facts.version ?? VersionID.null }) {
            headers.add(name: dialect.header("version-id"), value: version)
        }
        return Response(204, headers: headers)
    }
}

extension Bucket {
    /// The name of a version as answers have it; nil where the bucket never had versions.
    func versionID(of object: StoredObject) -> String? {
        rules.versioning == nil ? nil : object.facts.version ?? VersionID.null
    }
}

extension Manifest {
    static func deleteMarker(_ key: Key, generation: UInt64) -> Manifest {
        var marker = Manifest(
            key: key, generation: generation, size: 0, etag: "", modified: .now, attributes: StoredAttributes(storageClass: ""), content: .inline)
        marker.facts.isDeleteMarker = true
        return marker
    }
}

extension ServiceError {
    static let noSuchVersion = ServiceError(404, "NoSuchVersion", "The specified version does not exist.")
}
