internal import FileSystemTypes
internal import HTTPTransport
internal import ObjectStorage

/// Failures of the transport and answers of a store as `StoreError`: the one place where they are told apart.
extension StoreError {
    init(_ error: TransportError, operation: String) {
        let reason: Reason =
            switch error.reason {
            case .nameNotResolved, .connectFailed, .tls, .connectionLost: .unreachable
            case .connectTimeout, .idleTimeout, .totalTimeout: .timedOut
            case .truncated, .malformedAnswer, .answerTooLong: .invalidResponse
            case .bodyUnreadable: .localFailure
            case .cancelled, .shutDown: .cancelled
            case .invalidRequest: .invalidRequest
            }
        self.init(reason, error.description)
        self.operation = operation
        outcomeUnknown = error.outcomeUnknown
        obstacle =
            switch error.reason {
            case .nameNotResolved: .name
            case .tls: .tls
            case .connectFailed, .connectTimeout: .connection
            default: nil
            }
    }

    /// An answer of 300 and above. HEAD has no document: the status alone decides.
    init(answer: StoreResponse, document: Bytes, request: StoreRequest, dialect: Dialect) {
        let described = try? ErrorDocument(document)
        let code = described?.code ?? answer.headers[dialect.vendorPrefix + "error-code"]
        let reason = code.flatMap { dialect.codes[$0] } ?? Self.reason(code: code, status: answer.status, request: request)
        let message = described?.message ?? "the store answered \(answer.status)"
        self.init(reason, message, status: answer.status, serviceCode: code)
        operation = request.title
        requestID = described?.requestID ?? answer.headers[dialect.header("request-id")]
        retryAfter = answer.headers["retry-after"].flatMap { Int64($0) }.map { .seconds(max(0, min($0, 300))) }
        region = described?.region ?? answer.headers[dialect.header("bucket-region")]
        storeTime = answer.headers["date"].flatMap { Timestamp(httpDate: $0) }
        outcomeUnknown = answer.status >= 500
    }

    /// Source: "Error responses", Amazon S3 API Reference.
    static func reason(code: String?, status: Int, request: StoreRequest? = nil) -> Reason {
        if let code, let reason = reasons[code] { return reason }
        return switch status {
        case 301, 302, 307, 308: .wrongRegion
        case 304: .notModified
        case 401: .badCredentials
        case 403: .accessDenied
        case 404: request?.key == nil ? .noSuchBucket : .noSuchKey
        case 408: .timedOut
        case 409: .conflict
        case 412: .preconditionFailed
        case 416: .invalidRange
        case 429: .throttled
        case 501: .unsupported
        case 507: .storageFull
        case 500...: .unavailable
        default: .invalidRequest
        }
    }

    private static let reasons: [String: Reason] = [
        "NoSuchKey": .noSuchKey, "NoSuchVersion": .noSuchKey, "NoSuchBucket": .noSuchBucket, "NoSuchUpload": .noSuchUpload,
        "AccessDenied": .accessDenied, "AllAccessDisabled": .accessDenied, "AccountProblem": .accessDenied,
        "InvalidAccessKeyId": .badCredentials, "SignatureDoesNotMatch": .badCredentials, "ExpiredToken": .badCredentials,
        "InvalidToken": .badCredentials, "TokenRefreshRequired": .badCredentials, "RequestExpired": .badCredentials,
        "InvalidSecurity": .badCredentials, "InvalidSecurityToken": .badCredentials, "ExpiredTokenException": .badCredentials,
        "RequestTimeTooSkewed": .clockSkew,
        "PreconditionFailed": .preconditionFailed, "NotModified": .notModified,
        "OperationAborted": .conflict, "ConditionalRequestConflict": .conflict,
        "BucketNotEmpty": .bucketNotEmpty, "BucketAlreadyExists": .bucketExists, "BucketAlreadyOwnedByYou": .bucketExists,
        "InvalidRange": .invalidRange, "InvalidPart": .invalidPart, "InvalidPartOrder": .invalidPart, "EntityTooSmall": .invalidPart,
        "KeyTooLongError": .keyTooLong, "MetadataTooLarge": .metadataTooLarge, "EntityTooLarge": .tooLarge,
        "QuotaExceeded": .quotaExceeded, "InsufficientStorage": .storageFull,
        "InvalidObjectState": .archived,
        "NotImplemented": .unsupported, "MethodNotAllowed": .unsupported,
        "AuthorizationHeaderMalformed": .wrongRegion, "PermanentRedirect": .wrongRegion, "TemporaryRedirect": .wrongRegion,
        "BadDigest": .corrupted, "XAmzContentSHA256Mismatch": .corrupted, "IncompleteBody": .corrupted,
        "RequestTimeout": .timedOut, "SlowDown": .throttled, "TooManyRequests": .throttled, "BandwidthLimitExceeded": .throttled,
        "InternalError": .unavailable, "ServiceUnavailable": .unavailable,
    ]
}

/// `<Error>` of a store.
struct ErrorDocument {
    let code: String
    let message: String?
    let requestID: String?
    let region: String?

    init(_ document: Bytes) throws(StoreError) {
        try self.init(try XMLElement.parse(document))
    }

    init(_ root: XMLElement) throws(StoreError) {
        guard root.name == "Error", let code = root.text("Code") else {
            throw StoreError(.invalidResponse, "the store's answer is no error document")
        }
        self.code = code
        message = root.text("Message")
        requestID = root.text("RequestId")
        region = root.text("Region")
    }
}
