/// What a service offers besides bytes, and how it says so.
package struct StoreFeatures: Hashable, Sendable {
    /// What it has not, answered with 501.
    package var refused: Set<Operation> = []
    /// Objects have an access list of their own; else the bucket's counts for them too.
    package var hasObjectACL = true
    /// IBM's protection policies, retention headers and legal holds by id.
    package var hasProtection = false
    package var lockModes: Set<String> = ["GOVERNANCE", "COMPLIANCE"]
    package var objectTags = 10
    package var bucketTags = 50
    /// An object without tags has a set of none; else that is 404.
    package var hasEmptyTagSets = true
    /// No tag of a client begins with this.
    package var reservedTagPrefix = "aws:"
    /// What `PUT ?tagging` on a bucket is answered with.
    package var bucketTaggingStatus = 204
    /// What must be restored before it can be read.
    package var archiveClasses: Set<String> = ["GLACIER", "DEEP_ARCHIVE"]
    package var longestRestoreDays: Int64 = 365
    /// How long a restoration takes, in seconds.
    package var restoreSeconds: Int64 = 2
    /// What a request is told that does not say it will pay.
    package var requestPayerCode = "AccessDenied"
    /// Whether `list-type=2` is known; else it is ignored, as an unknown parameter is.
    package var listsVersion2 = true
    /// `metadata=true` adds to the entries of a listing of the second version what is stored with the objects, as MinIO does; else it is ignored.
    package var listsMetadata = false
    /// How long a key must rest between two writes, in milliseconds; 0 for no such rule. The refusal is 400 `PutObjectTooFast`.
    package var overwritePauseMilliseconds: Int64 = 0
    /// Parts can be copied from a range of a source only where the source is larger than one copy takes.
    package var refusesRangedPartCopy = false
    /// The ETag of an object made of parts has no `-N`.
    package var hasPlainMultipartTag = false
    /// Which `checksum-*` headers are known; others are ignored.
    package var checksums: [ChecksumAlgorithm] = [.crc32, .crc32c, .crc64nvme, .sha1, .sha256]
    /// The checksum of an object is told to those only who ask for it.
    package var checksumsOnDemand = true
    /// The time that a copy is answered with has no fraction and no zone.
    package var hasCoarseCopyTime = false
    /// If-Match and If-None-Match count on writes; else they are ignored.
    package var hasWriteConditions = true
    /// Encryption can be asked for.
    package var hasEncryption = true
    /// Retention documents carry milliseconds of UNIX time, not dates.
    package var hasRetentionInMilliseconds = false
}
