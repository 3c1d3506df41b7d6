/// What the service answers when it refuses a request: one of S3's error codes.
package struct ServiceError: Error, Hashable, Sendable {
    package var status: Int
    package var code: String
    package var message: String
    /// More elements for the body, such as `Region`.
    package var details: [Detail] = []
    /// More headers, such as `Retry-After`.
    package var headers: [Detail] = []

    package struct Detail: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    package init(_ status: Int, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    func with(detail name: String, _ value: String) -> ServiceError {
        var copy = self
        copy.details.append(Detail(name: name, value: value))
        return copy
    }

    func with(header name: String, _ value: String) -> ServiceError {
        var copy = self
        copy.headers.append(Detail(name: name, value: value))
        return copy
    }
}

extension ServiceError {
    static let accessDenied = ServiceError(403, "AccessDenied", "Access Denied")
    static let signatureDoesNotMatch = ServiceError(
        403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
    static let invalidAccessKeyID = ServiceError(403, "InvalidAccessKeyId", "The access key ID you provided does not exist in our records.")
    static let timeTooSkewed = ServiceError(
        403, "RequestTimeTooSkewed", "The difference between the request time and the server's time is too large.")
    static let invalidURI = ServiceError(400, "InvalidURI", "Couldn't parse the specified URI.")
    static let keyTooLong = ServiceError(400, "KeyTooLongError", "Your key is too long.")
    static let metadataTooLarge = ServiceError(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size.")
    static let noSuchKey = ServiceError(404, "NoSuchKey", "The specified key does not exist.")
    static let noSuchBucket = ServiceError(404, "NoSuchBucket", "The specified bucket does not exist.")
    static let noSuchUpload = ServiceError(
        404, "NoSuchUpload",
        "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
    static let preconditionFailed = ServiceError(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")
    static let notModified = ServiceError(304, "NotModified", "Not Modified")
    static let badDigest = ServiceError(400, "BadDigest", "The Content-MD5 or checksum you specified did not match what we received.")
    static let invalidDigest = ServiceError(400, "InvalidDigest", "The Content-MD5 or checksum value that you specified is not valid.")
    static let contentHashMismatch = ServiceError(
        400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
    static let incompleteBody = ServiceError(
        400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header.")
    static let missingContentLength = ServiceError(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    static let malformedXML = ServiceError(
        400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema.")
    static let methodNotAllowed = ServiceError(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
    static let entityTooLarge = ServiceError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
    static let entityTooSmall = ServiceError(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size.")
    static let invalidPart = ServiceError(
        400, "InvalidPart", "One or more of the specified parts could not be found. The part may not have been uploaded, or its ETag did not match.")
    static let invalidPartOrder = ServiceError(
        400, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
    static let bucketNotEmpty = ServiceError(409, "BucketNotEmpty", "The bucket you tried to delete is not empty.")
    static let bucketAlreadyOwnedByYou = ServiceError(
        409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
    static let invalidBucketName = ServiceError(400, "InvalidBucketName", "The specified bucket is not valid.")
    static let virtualHostRequired = ServiceError(
        403, "VirtualHostDomainRequired", "Virtual host domain is required when accessing a bucket or an object")
    static let invalidToken = ServiceError(403, "InvalidToken", "The provided token is malformed or otherwise invalid.")
    static let expiredToken = ServiceError(400, "ExpiredToken", "The provided token has expired.")
    static let internalError = ServiceError(500, "InternalError", "We encountered an internal error. Please try again.")

    static func invalidArgument(_ message: String) -> ServiceError { ServiceError(400, "InvalidArgument", message) }
    static func invalidRequest(_ message: String) -> ServiceError { ServiceError(400, "InvalidRequest", message) }
    static func notImplemented(_ what: String) -> ServiceError {
        ServiceError(501, "NotImplemented", "A header or query you provided implies functionality that is not implemented: \(what)")
    }
    static func invalidRange(size: Int64) -> ServiceError {
        ServiceError(416, "InvalidRange", "The requested range is not satisfiable").with(detail: "ActualObjectSize", String(size))
            .with(header: "Content-Range", "bytes */\(size)")
    }
}
