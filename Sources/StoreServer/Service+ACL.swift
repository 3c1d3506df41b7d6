import NIOHTTP1
import ObjectStorage

extension Service {
    func getBucketACL(_ request: Request) throws -> Response {
        let access = try bucket(request).rules.access ?? .ownerOnly
        return .xml(document("AccessControlPolicy") { $0.element(access, native: dialect.isNative) })
    }

    func putBucketACL(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        let access = try await requestedAccess(request, claim)
        try bucket.configure { rules, _ in rules.access = access }
        return Response(200)
    }

    func getObjectACL(_ request: Request) throws -> Response {
        let (bucket, object) = try find(request)
        let access = object.facts.access ?? .ownerOnly
        return .xml(
            document("AccessControlPolicy") { $0.element(access, native: dialect.isNative) }, headers: versionHeaders(of: object, in: bucket))
    }

    func putObjectACL(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let (bucket, object) = try find(request)
        let access = try await requestedAccess(request, claim)
        try bucket.update(object) { $0.access = access }
        return Response(200, headers: versionHeaders(of: object, in: bucket))
    }

    /// By header, or by document; both at once are refused, and so is neither.
    private func requestedAccess(_ request: Request, _ claim: PayloadClaim) async throws -> AccessList {
        let named = try AccessList(request)
        let root = request.header("content-length") == nil ? nil : try await requestDocument(request, claim)
        guard let root else {
            guard let named else { throw ServiceError.invalidRequest("An ACL must be given by header or by document") }
            return named
        }
        guard named == nil else { throw ServiceError(400, "UnexpectedContent", "This request does not support content") }
        return try AccessList(root)
    }
}

extension Service {
    /// Lets a request without signature through where the access lists allow it to everybody.
    func authorizeAnonymous(_ request: Request) throws(ServiceError) {
        guard let permission = request.operation.anonymousPermission else { throw .accessDenied }
        let bucket = try bucket(request)
        let allowed: Bool
        switch permission {
        case .ofBucket(let permission): allowed = bucket.rules.access?.allowsEveryone(permission) == true
        case .readObject: allowed = try everyoneMayRead(request, bucket)
        case .readObjectACL: allowed = try find(request).object.facts.access?.allowsEveryone(.readACL) == true
        }
        guard allowed else { throw .accessDenied }
        guard bucket.rules.requesterPays != true else { throw requestPayerDenied }
        if let parameter = request.target.query.first(where: { $0.name.hasPrefix("response-") }) {
            throw dialect.refusalOfAnonymousOverride(parameter.name)
        }
    }

    /// Whether there is such an object is for those to know who may list the bucket.
    private func everyoneMayRead(_ request: Request, _ bucket: Bucket) throws(ServiceError) -> Bool {
        let access = bucket.rules.access
        if !dialect.features.hasObjectACL { return access?.allowsEveryone(.read) == true }
        if access?.allowsEveryone(.read, deliveredOnly: true) == true { return true }
        let object: StoredObject
        do throws(ServiceError) {
            object = try find(request).object
        } catch {
            if access?.allowsEveryone(.read) == true { throw error }
            return false
        }
        return object.facts.access?.allowsEveryone(.read) == true
    }

    /// Refuses a request on objects in a bucket whose requesters pay, when it does not say that it will.
    func checkPayer(_ request: Request) throws(ServiceError) {
        guard request.operation.isCharged, let name = request.name.bucket, let bucket = try? folder.bucket(name) else { return }
        guard bucket.rules.requesterPays == true, request.own("request-payer")?.lowercased() != "requester" else { return }
        throw requestPayerDenied
    }

    private var requestPayerDenied: ServiceError {
        ServiceError(403, dialect.features.requestPayerCode, "The bucket's requesters pay: the request must say that it will")
    }

    func getRequestPayment(_ request: Request) throws -> Response {
        let isRequester = try bucket(request).rules.requesterPays == true
        return .xml(document("RequestPaymentConfiguration") { $0.element("Payer", isRequester ? "Requester" : "BucketOwner") })
    }

    func putRequestPayment(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        guard let root = try await requestDocument(request, claim), root.name == "RequestPaymentConfiguration",
            let payer = root.text("Payer")?.trimmed,
            ["Requester", "BucketOwner"].contains(payer)
        else { throw ServiceError.malformedXML }
        try bucket.configure { rules, _ in rules.requesterPays = payer == "Requester" ? true : nil }
        return Response(200)
    }
}

extension Dialect {
    fileprivate func refusalOfAnonymousOverride(_ name: String) -> ServiceError {
        if isNative { return ServiceError(400, "ForbidAnonReqOverwriteRespHead", "Anonymous requests may not override response headers") }
        return .invalidRequest("Request specific response headers cannot be used for anonymous GET requests: \(name)")
    }

    /// Whether the names on the wire are the service's own, not S3's.
    var isNative: Bool { headerPrefix != "x-amz-" }
}

/// What somebody without a signature must be allowed.
private enum AnonymousPermission {
    case ofBucket(AccessList.Permission)
    case readObject
    case readObjectACL
}

extension Operation {
    /// Nil for what needs a signature in any case.
    fileprivate var anonymousPermission: AnonymousPermission? {
        switch self {
        case .headBucket, .listObjects, .listObjectsV2, .listMultipartUploads, .listObjectVersions: .ofBucket(.read)
        case .putObject, .createMultipartUpload, .uploadPart, .completeMultipartUpload, .abortMultipartUpload, .deleteObject, .deleteObjects,
            .appendObject:
            .ofBucket(.write)
        case .getObject, .headObject: .readObject
        case .getBucketACL: .ofBucket(.readACL)
        case .getObjectACL: .readObjectACL
        default: nil
        }
    }
}
