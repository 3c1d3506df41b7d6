extension StoreFeatures {
    /// IBM's own ways to keep objects.
    private static let ibmOperations: Set<Operation> = [
        .getBucketProtection, .putBucketProtection, .addLegalHold, .deleteLegalHold, .listLegalHolds, .extendObjectRetention,
    ]

    package static let s3: StoreFeatures = {
        var features = StoreFeatures()
        features.refused = ibmOperations
        return features
    }()

    /// Huawei OBS: locks are for compliance only, and there are no legal holds.
    package static let obs: StoreFeatures = {
        var features = StoreFeatures.s3
        features.refused.formUnion([.getObjectLegalHold, .putObjectLegalHold])
        features.lockModes = ["COMPLIANCE"]
        features.bucketTags = 20
        features.hasEmptyTagSets = false
        features.reservedTagPrefix = "_sys"
        features.archiveClasses = ["COLD", "DEEP_ARCHIVE"]
        features.longestRestoreDays = 30
        features.requestPayerCode = "RequestPayerDenied"
        features.checksums = [.crc64ecma]
        features.checksumsOnDemand = false
        features.hasWriteConditions = false
        features.hasRetentionInMilliseconds = true
        return features
    }()

    /// IBM Cloud Object Storage.
    package static let cos: StoreFeatures = {
        var features = StoreFeatures()
        features.refused = [.getBucketRequestPayment, .putBucketRequestPayment]
        features.hasProtection = true
        features.reservedTagPrefix = "ibm:"
        features.bucketTaggingStatus = 200
        features.archiveClasses = ["GLACIER", "ACCELERATED"]
        return features
    }()

    /// China Telecom OOS of the sixth generation: bytes, and access lists of buckets.
    package static let oos: StoreFeatures = {
        var features = StoreFeatures.s3
        features.refused.formUnion([
            .getBucketVersioning, .putBucketVersioning, .listObjectVersions, .getBucketTagging, .putBucketTagging, .deleteBucketTagging,
            .getObjectTagging, .putObjectTagging, .deleteObjectTagging, .getObjectACL, .putObjectACL, .getObjectLockConfiguration,
            .putObjectLockConfiguration, .getObjectRetention, .putObjectRetention, .getObjectLegalHold, .putObjectLegalHold, .restoreObject,
            .getBucketRequestPayment, .putBucketRequestPayment,
        ])
        features.hasObjectACL = false
        features.hasEncryption = false
        features.checksums = []
        features.hasWriteConditions = false
        features.archiveClasses = []
        return features
    }()

    /// China Telecom OOS of the fifth generation: one version of the listing, and the quirks that its document has.
    package static let oos5: StoreFeatures = {
        var features = StoreFeatures.oos
        features.listsVersion2 = false
        features.hasPlainMultipartTag = true
        features.hasCoarseCopyTime = true
        return features
    }()
}
