package import ObjectStorage

extension Dialect {
    /// Amazon S3 and what follows it: MinIO, Ceph RGW and the rest. Not every follower knows conditions of writing: they are probed.
    package static let s3 = Dialect(
        family: .s3, headerPrefix: "x-amz-", vendorPrefix: "x-amz-", limits: .s3, listing: .tokens, encodesListings: true,
        absentCondition: .ifNoneMatch, append: .put, codes: s3Codes, capabilities: .copyingParts)

    /// A directory bucket of Amazon (S3 Express One Zone): its objects grow by a header of a PUT.
    package static let s3Directory: Dialect = {
        var dialect = s3
        dialect.append = .writeOffset
        return dialect
    }()

    /// Huawei OBS in its own form. Source: OBS API Reference.
    package static let obs = Dialect(
        family: .obs, headerPrefix: "x-obs-", vendorPrefix: "x-obs-", limits: .obs, listing: .markers, encodesListings: true,
        absentCondition: .forbidOverwrite, append: .post, codes: obsCodes, capabilities: .obs)

    /// Huawei OBS with the headers of Amazon S3: for signatures of that form.
    package static let obsCompatible: Dialect = {
        var dialect = obs
        dialect.headerPrefix = "x-amz-"
        return dialect
    }()

    /// IBM Cloud Object Storage. Source: "Compatibility API", IBM Cloud Docs.
    package static let cos = Dialect(
        family: .cos, headerPrefix: "x-amz-", vendorPrefix: "ibm-", limits: .cos, listing: .tokens, encodesListings: true,
        absentCondition: .ifNoneMatch, append: nil, codes: [:], capabilities: .cos)

    /// CTYun OOS. Source: OOS Developer's Guide.
    package static let oos = Dialect(
        family: .oos, headerPrefix: "x-amz-", vendorPrefix: "x-ctyun-", limits: .s3, listing: .markers, encodesListings: false,
        absentCondition: .ifNoneMatch, append: nil, codes: oosCodes, capabilities: .oos)

    package init(_ family: Family) {
        switch family {
        case .s3: self = .s3
        case .obs: self = .obs
        case .cos: self = .cos
        case .oos: self = .oos
        }
    }

    /// Source: "Append Object", Ceph Object Gateway S3 API; "Error responses", Amazon S3 API Reference.
    private static let s3Codes: [String: StoreError.Reason] = [
        "PositionNotEqualToLength": .wrongPosition, "ObjectNotAppendable": .notAppendable, "InvalidWriteOffset": .wrongPosition,
        "TooManyParts": .notAppendable, "InvalidBucketState": .unsupported,
    ]

    /// Source: "Error Responses", OBS API Reference.
    private static let obsCodes: [String: StoreError.Reason] = [
        "ObjectAlreadyExists": .preconditionFailed, "PositionNotEqualToLength": .wrongPosition, "ObjectNotAppendable": .notAppendable,
        "AppendTooLarge": .tooLarge, "InsufficientStorageSpace": .quotaExceeded, "FsNotSupport": .unsupported,
        "FsRenameConflict": .conflict, "FsObjectConflict": .preconditionFailed, "DirectoryNotEmpty": .bucketNotEmpty,
        "ServiceNotSupported": .unsupported, "ServiceNotImplemented": .unsupported, "OperationNotSupported": .unsupported,
        "InArrearOrInsufficientBalance": .accessDenied, "VirtualHostDomainRequired": .invalidRequest, "NotSignedUp": .accessDenied,
        "DeregisterUserId": .accessDenied, "Unauthorized": .badCredentials, "TooManyWrongSignature": .badCredentials,
    ]

    /// Source: "Error Codes", OOS Developer's Guide (the spelling of one of them is theirs).
    private static let oosCodes: [String: StoreError.Reason] = [
        "PutObjectTooFast": .throttled, "BucketAlreadExists": .bucketExists, "Internal Error": .unavailable, "NotVerify": .accessDenied,
    ]
}

extension BucketName {
    /// Source: "Directory bucket naming rules", Amazon S3 User Guide.
    var isDirectory: Bool { text.hasSuffix("--x-s3") }
}

extension StoreLimits {
    /// Parts from 100 KB; an object up to 48.8 TB. Source: "Constraints", OBS User Guide.
    package static let obs: StoreLimits = {
        var limits = s3
        limits.metadata = 8 << 10
        limits.minimumPart = 100 << 10
        limits.object = 48_800 << 30
        return limits
    }()

    /// An object up to 10 TB. Source: "Store large objects", IBM Cloud Docs.
    package static let cos: StoreLimits = {
        var limits = s3
        limits.object = 10 << 40
        return limits
    }()
}

extension Capabilities {
    /// What every follower of Amazon S3 can do.
    static let copyingParts: Capabilities = {
        var capabilities = Capabilities()
        capabilities.partCopy = true
        return capabilities
    }()

    static let obs: Capabilities = {
        var capabilities = copyingParts
        capabilities.copyIfSourceMatches = true
        capabilities.append = AppendRules(maximumAppends: 10_000)
        capabilities.replaceAttributes = true
        capabilities.checksums = [.crc64ecma, .md5]
        return capabilities
    }()

    static let cos: Capabilities = {
        var capabilities = copyingParts
        capabilities.putIfMatches = true
        capabilities.copyIfSourceMatches = true
        return capabilities
    }()

    static let oos: Capabilities = {
        // What the store refuses of copies of parts, the client does in its place.
        var capabilities = copyingParts
        capabilities.copyIfSourceMatches = true
        return capabilities
    }()
}
