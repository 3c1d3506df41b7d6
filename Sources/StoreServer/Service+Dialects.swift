import FileSystemTypes
import NIOHTTP1
import ObjectStorage
import Synchronization

/// What only some services know.
extension Service {
    /// Nil for an operation that all of them have in common.
    func respondInDialect(_ request: Request, _ claim: PayloadClaim) async throws -> Response? {
        switch request.operation {
        case .appendObject: try await appendObject(request, claim)
        case .modifyObject: try await modifyObject(request, claim)
        case .truncateObject: try truncateObject(request)
        case .renameObject: try renameObject(request)
        case .setObjectMetadata: try setObjectMetadata(request)
        default: try await respondToDocument(request, claim)
        }
    }

    private func respondToDocument(_ request: Request, _ claim: PayloadClaim) async throws -> Response? {
        switch request.operation {
        case .getBucketDocument: try getDocument(request)
        case .putBucketDocument: try await putDocument(request, claim)
        case .deleteBucketDocument: try deleteDocument(request)
        case .getBucketResource: try getResource(request)
        case .patchBucketResource: try await patchResource(request, claim)
        case .getBucketPolicyStatus: try getPolicyStatus(request)
        case .getBucketStorageInfo: try getStorageInfo(request)
        case .getBucketQuota: try getQuota(request)
        case .putBucketQuota: try await putQuota(request, claim)
        case .getBucketStorageClass: try getStorageClass(request)
        case .putBucketStorageClass: try await putStorageClass(request, claim)
        default: nil
        }
    }

    /// Whether OBS's own signature is known here: the one request that is answered to everybody.
    func apiVersion(_ name: ResourceName) throws(ServiceError) -> Response {
        if let name = name.bucket { _ = try folder.bucket(name) }
        guard dialect.schemes.contains(.obs) else { return Response(200) }
        return Response(200, headers: ["x-obs-api": "3.0"])
    }

    /// `PUT ?metadata`: `REPLACE_NEW` changes what is named, `REPLACE` drops everything else. Bytes, ETag and age stay.
    func setObjectMetadata(_ request: Request) throws -> Response {
        let bucket = try bucket(request)
        let key = try request.key()
        let replaces = try replacesAllMetadata(request)
        let given = try request.attributes()
        let isClassGiven = request.own("storage-class") != nil
        let manifest = try bucket.editing.withLock { _ in
            try change(key, in: bucket) { (manifest) throws(ServiceError) in
                if replaces, isClassGiven, given.storageClass != manifest.attributes.storageClass {
                    throw .invalidRequest("The storage class can be changed with the directive REPLACE_NEW only")
                }
                manifest.attributes = replaces ? given.keepingClass(of: manifest.attributes) : manifest.attributes.adding(given, request)
                try manifest.takeExpiry(request)
                if isClassGiven { manifest.attributes.storageClass = given.storageClass }
                try manifest.attributes.check(dialect.limits)
            }
        }
        var headers = HTTPHeaders()
        for item in manifest.attributes.metadata { headers.add(name: dialect.header("meta-\(item.name)"), value: item.value) }
        return Response(200, headers: headers)
    }

    private func replacesAllMetadata(_ request: Request) throws(ServiceError) -> Bool {
        switch request.own("metadata-directive") {
        case nil, "REPLACE_NEW": false
        case "REPLACE": true
        default: throw .invalidArgument("Unknown metadata directive.")
        }
    }

    private func change(_ key: Key, in bucket: Bucket, _ body: (inout Manifest) throws(ServiceError) -> Void) throws -> Manifest {
        while true {
            guard let current = bucket.object(key) else { throw ServiceError.noSuchKey }
            var manifest = current.manifest
            manifest.generation = folder.generations.next()
            try body(&manifest)
            do {
                return try bucket.place(manifest, inline: inline(of: current, in: bucket), .none, replacing: current).manifest
            } catch is Bucket.Overtaken {
                continue
            }
        }
    }
}

extension StoredAttributes {
    func keepingClass(of other: StoredAttributes) -> StoredAttributes {
        var result = self
        result.storageClass = other.storageClass
        return result
    }

    /// With what `given` names in place of the same here. Headers count only where the request has them: some have a value without being sent.
    fileprivate func adding(_ given: StoredAttributes, _ request: Request) -> StoredAttributes {
        var result = self
        for header in given.headers where request.header(header.name) != nil {
            result.headers.removeAll { $0.name == header.name }
            result.headers.append(header)
        }
        for item in given.metadata {
            result.metadata.removeAll { $0.name == item.name }
            result.metadata.append(item)
        }
        return result
    }

    fileprivate func check(_ limits: StoreLimits) throws(ServiceError) {
        let size = metadata.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard size <= limits.metadata else { throw .metadataTooLarge }
    }
}
