internal import FileSystemTypes
package import Logging
package import ObjectStorage

/// Looks at a bucket from all sides that matter to a mount. Changes nothing unless it is told to write; then one scratch object and
/// those of a `CapabilityProbe`.
package struct BucketExaminer: Sendable {
    private let client: StoreClient
    private let bucket: BucketName
    private let folder: String
    private let writes: Bool
    private let logger: Logger
    private let store: RetryingStore<RemoteStore>

    /// `folder` is empty or ends in a slash. `policy` bounds each single question.
    package init(_ client: StoreClient, bucket: BucketName, folder: String, writes: Bool, policy: RetryPolicy = .brief, logger: Logger) {
        self.client = client
        self.bucket = bucket
        self.folder = folder
        self.writes = writes
        self.logger = logger
        store = RetryingStore(RemoteStore(client, bucket: bucket), policy: policy, logger: logger)
    }

    /// Never fails: what kept it from going on is the examination's problem.
    package func examine() async -> BucketExamination {
        var result = BucketExamination()
        do throws(StoreError) {
            try await greet(&result)
            try await measure(&result)
            let object = try await list(&result)
            result.read = try await readRight(object)
            let settings = BucketSettings(store: store, bucket: bucket)
            result.versioning = try await settings.versioning()
            result.objectLock = try await settings.objectLock()
            // There nothing can be deleted again.
            let isKept = try await settings.keepsEverything() || client.configuration.objects.retention != nil
            if writes, !isKept { try await write(&result) }
        } catch {
            result.problem = error
        }
        return result
    }

    /// Whether the bucket keeps versions of its objects, or has kept them (`suspended`).
    package func versioning() async throws(StoreError) -> BucketExamination.Setting {
        try await BucketSettings(store: store, bucket: bucket).versioning()
    }

    /// Keys that may use objects only are refused the HEAD of their bucket; whatever else is wrong shows here.
    private func greet(_ result: inout BucketExamination) async throws(StoreError) {
        do throws(StoreError) {
            let traits = try await store.retrying { _ throws(StoreError) in try await RemoteBuckets(client).traits(of: bucket) }
            result.clockSkewSeconds = traits.storeTime.map { $0.seconds - Timestamp.now.seconds }
            result.traits = traits
        } catch {
            result.clockSkewSeconds = error.storeTime.map { $0.seconds - Timestamp.now.seconds }
            guard error.reason == .accessDenied else { throw error }
        }
    }

    private func measure(_ result: inout BucketExamination) async throws(StoreError) {
        for _ in 0..<5 {
            let start = ContinuousClock.now
            do throws(StoreError) {
                try await RemoteBuckets(client).headBucket(bucket)
            } catch {
                guard error.reason == .accessDenied else { continue }
            }
            result.latencies.append(ContinuousClock.now - start)
        }
        result.latencies.sort()
    }

    /// The first object, if there is one. Without the right to list there is nothing to mount.
    private func list(_ result: inout BucketExamination) async throws(StoreError) -> ListedObject? {
        do throws(StoreError) {
            let page = try await store.list(ListRequest(prefix: Key(folder), maximumKeys: 2))
            result.list = .granted
            return page.objects.last
        } catch {
            if error.reason == .accessDenied { result.list = .refused }
            throw error
        }
    }

    private func readRight(_ object: ListedObject?) async throws(StoreError) -> BucketExamination.Right {
        guard let object else { return .untested }
        return try await right { () throws(StoreError) in
            guard object.size > 0 else {
                _ = try await store.head(object.key, ReadConditions())
                return
            }
            let content = try await store.get(object.key, range: ByteRange(offset: 0, count: 1), ReadConditions())
            while try await content.body.next() != nil {}
        }
    }

    /// Any answer but a refusal comes from a store that lets these keys try.
    private func right(_ body: () async throws(StoreError) -> Void) async throws(StoreError) -> BucketExamination.Right {
        do throws(StoreError) {
            try await body()
            return .granted
        } catch {
            switch error.reason {
            case .accessDenied, .locked: return .refused
            case .noSuchKey, .archived, .invalidRequest, .invalidRange, .preconditionFailed: return .granted
            default: throw error
            }
        }
    }

    // MARK: Writing

    private func write(_ result: inout BucketExamination) async throws(StoreError) {
        let key = CapabilityProbe.newScratchKey(folder: folder)
        result.write = try await right { () throws(StoreError) in
            _ = try await store.put(key, BytesSource(Bytes(Array("scratch".utf8))), ObjectAttributes(), .always)
        }
        guard result.write == .granted else { return }
        if result.read == .untested {
            result.read = try await right { () throws(StoreError) in _ = try await store.head(key, ReadConditions()) }
        }
        result.delete = try await right { () throws(StoreError) in try await store.delete(key) }
        guard result.delete == .granted else { return }
        let search = CapabilitySearch(client, bucket: bucket, logger: logger)
        result.capabilities = try await search.probe(folder: folder)
    }
}
