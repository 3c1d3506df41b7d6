import ObjectStorage

extension Dialect {
    /// The dialect of a service by its name.
    package init(_ service: ServiceName) {
        switch service {
        case .obs: self = .obs
        case .cos: self = .cos
        case .oos: self = .oos
        case .s3: self = .s3
        }
    }

    package static let s3 = Dialect(
        service: .s3, headerPrefix: "x-amz-", limits: .s3, hosts: ["s3.localhost", "localhost"], copyLimit: 5 << 30, clockTolerance: 15 * 60,
        longestPresigned: 7 * 24 * 3600,
        storageClasses: [
            "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR",
        ],
        xmlNamespace: "http://s3.amazonaws.com/doc/2006-03-01/", schemes: [.v4, .v2], requestIDHeaders: ["x-amz-request-id"],
        secondIDHeader: "x-amz-id-2")

    /// Huawei OBS in its own words; `speaking(_:)` gives those of its S3-compatible interface.
    package static let obs: Dialect = {
        var dialect = Dialect.s3
        dialect.service = .obs
        dialect.headerPrefix = "x-obs-"
        dialect.limits.metadata = 8 << 10
        dialect.limits.minimumPart = 100 << 10
        dialect.limits.object = 48_800 << 30
        dialect.hosts = ["obs.localhost", "localhost"]
        dialect.requiresVirtualHosts = true
        dialect.longestPresigned = 20 * 365 * 24 * 3600
        dialect.storageClasses = ["STANDARD", "WARM", "COLD", "DEEP_ARCHIVE", "INTELLIGENT_TIERING"]
        dialect.xmlNamespace = "http://obs.myhuaweicloud.com/doc/2015-06-30/"
        dialect.schemes = [.obs, .v2, .v4]
        dialect.acceptsAnyRegion = true
        dialect.requestIDHeaders = ["x-obs-request-id"]
        dialect.secondIDHeader = "x-obs-id-2"
        dialect.errors = [
            "NotImplemented": ErrorForm(501, "ServiceNotImplemented"), "InvalidStorageClass": ErrorForm(400, "InvalidArgument"),
            "InvalidPartNumber": ErrorForm(416, "InvalidRange"), "InvalidToken": ErrorForm(403, "InvalidAccessKeyId"),
            "ExpiredToken": ErrorForm(403, "InvalidAccessKeyId"), "InvalidURI": ErrorForm(400, "InvalidArgument"),
        ]
        dialect.errorsInHeaders = true
        dialect.append = .post
        dialect.features = .obs
        dialect.hasFileSystems = true
        dialect.acceptsUnknownLength = true
        dialect.alwaysNamesNextMarker = true
        dialect.recreatesBuckets = true
        return dialect
    }()

    /// IBM Cloud Object Storage.
    package static let cos: Dialect = {
        var dialect = Dialect.s3
        dialect.service = .cos
        dialect.limits.object = 10 << 40
        dialect.limits.metadata = 2 << 10
        dialect.hosts = ["cos.localhost", "localhost"]
        dialect.longestPresigned = 20 * 365 * 24 * 3600
        dialect.storageClasses = ["STANDARD"]
        dialect.schemes = [.v4, .v2, .bearer]
        dialect.acceptsAnyRegion = true
        dialect.requestIDHeaders = ["X-Clv-Request-Id", "x-amz-request-id"]
        dialect.secondIDHeader = nil
        dialect.errors = ["KeyTooLongError": ErrorForm(400, "KeyTooLong")]
        dialect.errorsNameStatus = true
        dialect.needsServiceInstance = true
        dialect.features = .cos
        return dialect
    }()

    /// China Telecom CTYun OOS.
    package static let oos: Dialect = {
        var dialect = Dialect.s3
        dialect.service = .oos
        dialect.hosts = ["oos.localhost", "localhost"]
        dialect.storageClasses = ["STANDARD", "REDUCED_REDUNDANCY"]
        dialect.schemes = [.v4, .v2]
        dialect.requestIDHeaders = ["x-amz-request-id", "x-ctyun-request-id"]
        dialect.secondIDHeader = nil
        dialect.errors = [
            "KeyTooLongError": ErrorForm(400, "InvalidObjectName"), "MetadataTooLarge": ErrorForm(400, "InvalidArgument"),
            "NotImplemented": ErrorForm(405, "MethodNotAllowed"), "InvalidToken": ErrorForm(403, "InvalidAccessKeyId"),
            "ExpiredToken": ErrorForm(403, "InvalidAccessKeyId"), "BucketAlreadyExists": ErrorForm(409, "BucketAlreadExists"),
        ]
        dialect.features = .oos
        dialect.recreatesBuckets = true
        return dialect
    }()

    /// AWS's security token service, which is no store.
    static let tokenService: Dialect = {
        var dialect = Dialect.s3
        dialect.schemes = [.v4]
        dialect.acceptsAnyRegion = true
        return dialect
    }()

    /// The dialect in which a request is answered: in kind, where a service has two families of headers.
    package func speaking(_ family: HeaderFamily) -> Dialect {
        guard service == .obs, family == .compatible else { return self }
        var dialect = self
        dialect.headerPrefix = "x-amz-"
        dialect.storageClasses = ["STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING"]
        dialect.storageClassAliases = ["STANDARD_IA": "WARM", "GLACIER": "COLD"]
        dialect.requestIDHeaders = ["x-amz-request-id"]
        dialect.secondIDHeader = "x-amz-id-2"
        return dialect
    }
}
