package import FileSystemTypes
package import Logging

/// Sends requests again that failed for a reason that may pass.
///
/// Never repeated blindly: conditional writes and completions of multipart uploads whose outcome is unknown. It is looked up first: a repetition
/// would fail for the sake of what the first one did.
package struct RetryingStore<Base: ObjectStore>: ObjectStore {
    package let base: Base
    let policy: RetryPolicy
    let logger: Logger
    private let onRetry: @Sendable () -> Void

    /// `onRetry` hears of each request that is sent again.
    package init(_ base: Base, policy: RetryPolicy = RetryPolicy(), logger: Logger, onRetry: @escaping @Sendable () -> Void = {}) {
        self.onRetry = onRetry
        self.base = base
        self.policy = policy
        self.logger = logger
    }

    /// Another store under the same policy.
    package func on(_ other: Base) -> RetryingStore {
        RetryingStore(other, policy: policy, logger: logger)
    }

    package var limits: StoreLimits { base.limits }
    package var capabilities: Capabilities { base.capabilities }

    /// Runs `body` until it succeeds, fails for good, or the policy gives up.
    package func retrying<Value>(
        _ body: (_ attempt: Int) async throws(StoreError) -> Value, unless isFinal: (StoreError) -> Bool = { _ in false }
    ) async throws(StoreError) -> Value {
        let start = ContinuousClock.now
        var generator = SystemRandomNumberGenerator()
        var attempt = 1
        while true {
            do throws(StoreError) {
                return try await body(attempt)
            } catch {
                var error = error
                error.attempts = attempt
                let delay = policy.delay(after: attempt, error, elapsed: ContinuousClock.now - start, using: &generator)
                guard !isFinal(error), let delay else { throw error }
                logger.debug("trying again in \(delay): \(error)")
                onRetry()
                try await pause(delay)
                attempt += 1
            }
        }
    }

    private func pause(_ delay: Duration) async throws(StoreError) {
        do {
            try await Task.sleep(for: delay)
        } catch {
            throw StoreError(.cancelled, "the request was cancelled")
        }
    }

    // MARK: Reading

    package func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        try await retrying { _ throws(StoreError) in try await base.head(key, conditions) }
    }

    package func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        let content = try await retrying { _ throws(StoreError) in try await base.get(key, range: range, conditions) }
        return ObjectContent(info: content.info, range: content.range, body: ResumingBody(content, of: key, from: self, conditions))
    }

    package func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        try await retrying { _ throws(StoreError) in try await base.list(request) }
    }

    package func listVersions(_ query: VersionQuery) async throws(StoreError) -> VersionPage {
        try await retrying { _ throws(StoreError) in try await base.listVersions(query) }
    }

    package func listParts(_ upload: Upload) async throws(StoreError) -> [UploadedPart] {
        try await retrying { _ throws(StoreError) in try await base.listParts(upload) }
    }

    package func listUploads(prefix: Key) async throws(StoreError) -> [Upload] {
        try await retrying { _ throws(StoreError) in try await base.listUploads(prefix: prefix) }
    }

    // MARK: Writing

    package func put(
        _ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        var isUncertain = false
        return try await retrying { _ throws(StoreError) in
            if isUncertain, condition != .always, let receipt = try await receiptOfPut(key, body, attributes, condition) { return receipt }
            do throws(StoreError) {
                return try await base.put(key, body, attributes, condition)
            } catch {
                isUncertain = isUncertain || error.outcomeUnknown
                throw error
            }
        }
    }

    package func delete(_ key: Key) async throws(StoreError) {
        try await retrying { _ throws(StoreError) in try await base.delete(key) }
    }

    /// Keys that failed for a reason that may pass are tried again, the others are given back.
    package func delete(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError] {
        try await retrying { _ throws(StoreError) in try await base.delete(keys) }
    }

    package func copy(_ request: CopyRequest) async throws(StoreError) -> WriteReceipt {
        try await retrying { _ throws(StoreError) in try await base.copy(request) }
    }

    package func createUpload(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) -> UploadID {
        let start = Timestamp.now
        var isUncertain = false
        do throws(StoreError) {
            let id = try await retrying { _ throws(StoreError) in
                do throws(StoreError) {
                    return try await base.createUpload(key, attributes)
                } catch {
                    isUncertain = isUncertain || error.outcomeUnknown
                    throw error
                }
            }
            // Those of the attempts whose answers were lost.
            if isUncertain { _ = try? await abortLostUploads(of: key, begunSince: start, except: [id]) }
            return id
        } catch {
            var error = error
            error.outcomeUnknown = isUncertain
            if isUncertain, (try? await base.abortLostUploads(of: key, begunSince: start, except: [])) != nil { error.outcomeUnknown = false }
            throw error
        }
    }

    package func uploadPart(_ upload: Upload, number: Int, _ body: any ByteSource) async throws(StoreError) -> UploadedPart {
        try await retrying { _ throws(StoreError) in try await base.uploadPart(upload, number: number, body) }
    }

    package func copyPart(
        _ upload: Upload, number: Int, from source: Key, range: ByteRange, ifSourceMatches: ETag?
    ) async throws(StoreError) -> UploadedPart {
        try await retrying { _ throws(StoreError) in
            try await base.copyPart(upload, number: number, from: source, range: range, ifSourceMatches: ifSourceMatches)
        }
    }

    package func completeUpload(_ upload: Upload, parts: [UploadedPart], _ condition: WriteCondition) async throws(StoreError) -> WriteReceipt {
        var isUncertain = false
        return try await retrying { _ throws(StoreError) in
            if isUncertain, let receipt = try await receiptOfCompleted(upload, parts: parts) { return receipt }
            do throws(StoreError) {
                return try await base.completeUpload(upload, parts: parts, condition)
            } catch {
                isUncertain = isUncertain || error.outcomeUnknown || error.reason == .unavailable
                throw error
            }
        }
    }

    package func abortUpload(_ upload: Upload) async throws(StoreError) {
        try await retrying { _ throws(StoreError) in try await base.abortUpload(upload) }
    }

    /// What a conditional PUT without an answer did; nil when it did nothing. Its metadata tells it from what others write, if it has any.
    private func receiptOfPut(
        _ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt? {
        let info: ObjectInfo
        do throws(StoreError) {
            info = try await base.head(key, ReadConditions())
        } catch {
            guard error.reason == .noSuchKey else { throw error }
            return nil
        }
        // What was to be replaced is still there, and may be as long and have the same metadata.
        if let etag = info.etag, condition == .matches(etag) { return nil }
        guard !attributes.metadata.isEmpty, info.size == body.count,
            attributes.metadata.allSatisfy({ info.metadata[$0.key] == $0.value })
        else { return nil }
        return WriteReceipt(etag: info.etag, version: info.version, lastModified: info.lastModified)
    }

    /// What an upload became whose completion got no answer; nil while the upload is still open.
    ///
    /// An upload that is gone was completed: nobody else knows its id. The object must then have the size of its parts.
    private func receiptOfCompleted(_ upload: Upload, parts: [UploadedPart]) async throws(StoreError) -> WriteReceipt? {
        do throws(StoreError) {
            _ = try await base.listParts(upload)
            return nil
        } catch {
            guard error.reason == .noSuchUpload else { throw error }
        }
        let info = try await base.head(upload.key, ReadConditions())
        let sizes = parts.compactMap(\.size)
        guard sizes.count < parts.count || sizes.reduce(0, +) == info.size else {
            throw StoreError(.preconditionFailed, "\(upload.key) was written by somebody else while its upload was being completed")
        }
        return WriteReceipt(etag: info.etag, version: info.version, lastModified: info.lastModified)
    }
}
