package import ObjectStorage
import Synchronization

/// Object storage in memory with the semantics of Amazon S3: several buckets, each an `ObjectStore`.
///
/// It keeps every promise written in ObjectStore.swift, refuses what S3 refuses, and counts what it is asked.
/// One lock guards everything: each request is one atomic step.
package final class MemoryStore: Sendable {
    struct State: Sendable {
        var buckets: [BucketName: MemoryBucketState] = [:]
        var nextUpload = 1
    }

    let state: Mutex<State>
    let limits: StoreLimits
    let capabilities: Capabilities
    /// What it says it can do.
    let claimed: Capabilities
    let takesUnknownVerbsForPuts: Bool

    /// `limits` may be small, so that tests reach them with little data. Conditions that `capabilities` does not name are ignored, as
    /// real stores ignore headers that they do not know. `claiming` is what it says it can do where that is more; verbs that it cannot do it
    /// refuses, or takes for a PUT of whatever body they have, as many real stores do.
    package init(
        limits: StoreLimits = .s3, capabilities: Capabilities = .memory, claiming: Capabilities? = nil, takesUnknownVerbsForPuts: Bool = false,
        buckets: [BucketName] = []
    ) {
        self.limits = limits
        self.capabilities = capabilities
        claimed = claiming ?? capabilities
        self.takesUnknownVerbsForPuts = takesUnknownVerbsForPuts
        var initial = State()
        for name in buckets { initial.buckets[name] = MemoryBucketState() }
        state = Mutex(initial)
    }

    /// The bucket of that name; its requests fail with `noSuchBucket` while there is none.
    package func bucket(_ name: BucketName) -> MemoryBucket {
        MemoryBucket(store: self, name: name)
    }

    func withBucket<Result: Sendable>(
        _ name: BucketName, _ body: (inout MemoryBucketState) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try state.withLock { state throws(StoreError) in
            guard state.buckets[name] != nil else { throw MemoryStore.noSuchBucket(name) }
            return try body(&state.buckets[name, default: MemoryBucketState()])
        }
    }

    static func noSuchBucket(_ name: BucketName) -> StoreError {
        StoreError(.noSuchBucket, "there is no bucket \(name)", status: 404, serviceCode: "NoSuchBucket")
    }
}

extension MemoryStore: BucketService {
    package func createBucket(_ name: BucketName) async throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            guard state.buckets[name] == nil else {
                throw StoreError(.bucketExists, "there is a bucket \(name)", status: 409, serviceCode: "BucketAlreadyOwnedByYou")
            }
            state.buckets[name] = MemoryBucketState()
        }
    }

    package func listBuckets() async throws(StoreError) -> [BucketSummary] {
        state.withLock { state in
            state.buckets.map { BucketSummary(name: $0, created: $1.created) }.sorted { $0.name.text < $1.name.text }
        }
    }

    package func headBucket(_ name: BucketName) async throws(StoreError) {
        try withBucket(name) { _ in }
    }

    package func deleteBucket(_ name: BucketName) async throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            guard let bucket = state.buckets[name] else { throw MemoryStore.noSuchBucket(name) }
            guard bucket.keys.isEmpty else {
                throw StoreError(.bucketNotEmpty, "the bucket \(name) has objects", status: 409, serviceCode: "BucketNotEmpty")
            }
            state.buckets[name] = nil
        }
    }
}

extension Capabilities {
    /// All that Amazon S3 can do.
    package static var memory: Capabilities {
        var all = Capabilities()
        all.putIfAbsent = true
        all.putIfMatches = true
        all.completeIfAbsent = true
        all.completeIfMatches = true
        all.copyIfSourceMatches = true
        all.partCopy = true
        all.partCopyIfSourceMatches = true
        return all
    }
}
