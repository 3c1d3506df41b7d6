/// What stores keep beside the bytes and the metadata of an object, each by requests of its own.
///
/// Values are text, as a person writes them; each case says which.
package enum ObjectService: String, Hashable, Sendable, CaseIterable {
    /// `name=value&other=value`, percent-encoded as in a URL.
    case tags
    /// Written: a canned list, e.g. `public-read`. Read: one line for each grant, the permission and who has it.
    case accessList
    /// Written: days and perhaps a tier, e.g. `7 Standard`. Read: what the store says of the restoration.
    case restoration
    /// `COMPLIANCE` or `GOVERNANCE` and a date (ISO 8601); IBM COS: seconds from the object's making on, or a date.
    case retention
    /// `ON` or `OFF`; IBM COS: names of holds, `NAME` adds one and `-NAME` takes it away.
    case legalHold
    /// Written: after how many days the object is deleted. Read: what the store says of it.
    case expiry
    /// In the store's words.
    case storageClass
}

/// What a URL that carries its signature allows whoever has it to do.
package enum PresignedMethod: String, Hashable, Sendable {
    case get = "GET"
    case put = "PUT"
}

/// Those services of a store that concern single objects. None is offered by all stores: `services` says which are.
package protocol ObjectServices: Sendable {
    var services: Set<ObjectService> { get }
    /// Nil where the object has none. Fails with `unsupported` for what is not among `services`.
    func value(of service: ObjectService, _ key: Key) async throws(StoreError) -> String?
    /// Nil takes it away. Fails with `invalidRequest` for a text that does not say what it should, or that the store does not take.
    func set(_ service: ObjectService, of key: Key, to text: String?) async throws(StoreError)
    /// A URL that is good for so many seconds. Fails with `unsupported` without keys to sign with.
    func presigned(_ method: PresignedMethod, _ key: Key, seconds: Int) async throws(StoreError) -> String
    /// Nil where the store does not tell.
    func usage() async throws(StoreError) -> BucketUsage?
}

/// How much is in a bucket, old versions included, and how much may be.
package struct BucketUsage: Hashable, Sendable {
    package let bytes: Int64
    package let objects: Int64
    /// In bytes; nil for no limit.
    package let quota: Int64?

    package init(bytes: Int64, objects: Int64, quota: Int64?) {
        self.bytes = bytes
        self.objects = objects
        self.quota = quota
    }
}
