package import FileSystemTypes

/// One bucket of an object store.
///
/// Keys are keys of the bucket. Every method may wait for a network, ends within the store's deadlines, and stops early when its task is cancelled.
/// What a method promises, the conformance suite checks on every implementation.
package protocol ObjectStore: Sendable {
    var limits: StoreLimits { get }
    var capabilities: Capabilities { get }

    func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo
    /// The bytes of `range` that lie before the object's end, nil for all; a range that begins at or past the end fails with `invalidRange`.
    func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent

    func put(_ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition) async throws(StoreError) -> WriteReceipt
    /// Succeeds also where there is no such object.
    func delete(_ key: Key) async throws(StoreError)
    /// Deletes up to `limits.deleteBatch` keys in one request; gives the keys that were not deleted.
    func delete(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError]
    func copy(_ request: CopyRequest) async throws(StoreError) -> WriteReceipt

    func list(_ request: ListRequest) async throws(StoreError) -> ListPage
    /// Fails with `unsupported` where the store keeps no versions.
    func listVersions(_ query: VersionQuery) async throws(StoreError) -> VersionPage

    func createUpload(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) -> UploadID
    func uploadPart(_ upload: Upload, number: Int, _ body: any ByteSource) async throws(StoreError) -> UploadedPart
    func copyPart(_ upload: Upload, number: Int, from source: Key, range: ByteRange, ifSourceMatches: ETag?) async throws(StoreError) -> UploadedPart
    /// Makes the object of `parts`, in ascending order of their numbers.
    func completeUpload(_ upload: Upload, parts: [UploadedPart], _ condition: WriteCondition) async throws(StoreError) -> WriteReceipt
    /// Succeeds also where there is no such upload.
    func abortUpload(_ upload: Upload) async throws(StoreError)
    func listParts(_ upload: Upload) async throws(StoreError) -> [UploadedPart]
    func listUploads(prefix: Key) async throws(StoreError) -> [Upload]

    // The following fail with `unsupported` where `capabilities` does not name them; then they must not reach the store.

    /// Adds to the end of an object. Fails with `wrongPosition` unless `position` is its length, with `notAppendable` where it can not grow.
    /// At position 0 of a key where nothing is, it creates the object with `attributes`, which later appends ignore.
    func append(_ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes) async throws(StoreError) -> AppendReceipt
    /// Writes into an object in place; grows it where that reaches past its end, with zeros up to `position`.
    func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt
    /// Cuts an object, or grows it with zeros.
    func truncate(_ key: Key, to size: Int64) async throws(StoreError)
    /// Renames an object, or a folder (key with a final slash) with all that is in it, in one step.
    func rename(_ key: Key, to destination: Key) async throws(StoreError)
    /// Replaces what is stored beside the bytes: everything that `attributes` does not name goes.
    func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError)
}

/// The buckets of one account.
package protocol BucketService: Sendable {
    func createBucket(_ name: BucketName) async throws(StoreError)
    func listBuckets() async throws(StoreError) -> [BucketSummary]
    /// Fails with `noSuchBucket` or `accessDenied`.
    func headBucket(_ name: BucketName) async throws(StoreError)
    func deleteBucket(_ name: BucketName) async throws(StoreError)
}

/// What a store accepts.
package struct StoreLimits: Hashable, Sendable {
    /// All in bytes but `parts` and `deleteBatch`.
    package var key: Int
    package var metadata: Int
    package var singlePut: Int64
    package var minimumPart: Int64
    package var maximumPart: Int64
    package var parts: Int
    package var object: Int64
    package var deleteBatch: Int

    package init(
        key: Int, metadata: Int, singlePut: Int64, minimumPart: Int64, maximumPart: Int64, parts: Int, object: Int64, deleteBatch: Int
    ) {
        self.key = key
        self.metadata = metadata
        self.singlePut = singlePut
        self.minimumPart = minimumPart
        self.maximumPart = maximumPart
        self.parts = parts
        self.object = object
        self.deleteBatch = deleteBatch
    }

    /// Amazon S3's published limits.
    package static let s3 = StoreLimits(
        key: 1024, metadata: 2048, singlePut: 5 << 30, minimumPart: 5 << 20, maximumPart: 5 << 30, parts: 10_000,
        object: 5 << 40, deleteBatch: 1000)
}
