package import FileSystemTypes
package import ObjectStorage
import Synchronization

/// Any store, failing by plan.
package final class FaultingStore: ObjectStore {
    private struct State: Sendable {
        var plan: FaultPlan
        var log: [StoreOperation] = []
        var failures = 0
    }

    /// Requests that have begun and not ended, of this plan and those before.
    private let underWay = Mutex(0)

    let inner: any ObjectStore
    private let seed: UInt64
    private let state: Mutex<State>

    package init(_ inner: any ObjectStore, faults: [Fault] = [], seed: UInt64 = SeededGenerator.baseSeed) {
        self.inner = inner
        self.seed = seed
        state = Mutex(State(plan: FaultPlan(faults, seed: seed)))
    }

    /// Replaces the plan and begins counting anew; no faults at all lets everything through.
    package func setFaults(_ faults: [Fault]) {
        state.withLock { $0 = State(plan: FaultPlan(faults, seed: seed)) }
    }

    /// Every request since the plan was set, those that failed among them.
    package var requests: [StoreOperation] { state.withLock { $0.log } }

    /// How many requests were made to fail since the plan was set.
    package var failures: Int { state.withLock { $0.failures } }

    package var limits: StoreLimits { inner.limits }
    package var capabilities: Capabilities { inner.capabilities }

    func perform<Result: Sendable>(
        _ operation: StoreOperation, _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        underWay.withLock { $0 += 1 }
        defer { underWay.withLock { $0 -= 1 } }
        guard let fault = next(operation) else { return try await body() }
        guard let error = fault.error else { return try await delayed(fault, body) }
        try await wait(fault.delay)
        if case .before = fault.moment { throw error }
        let result = try await body()
        if operation == .get, case .withinBody(let count) = fault.moment, let content = result as? ObjectContent,
            let broken = content.breaking(after: count, error) as? Result
        {
            return broken
        }
        var lost = error
        lost.outcomeUnknown = true
        throw lost
    }

    private func delayed<Result: Sendable>(_ fault: Fault, _ body: () async throws(StoreError) -> Result) async throws(StoreError) -> Result {
        guard case .before = fault.moment else {
            let result = try await body()
            try await wait(fault.delay)
            return result
        }
        try await wait(fault.delay)
        return try await body()
    }

    /// Returns when no request is under way; false when that takes longer than `limit`.
    package func rest(atMost limit: Duration = .seconds(20)) async -> Bool {
        let end = ContinuousClock.now + limit
        while underWay.withLock({ $0 }) > 0 {
            guard ContinuousClock.now < end else { return false }
            try? await Task.sleep(for: .milliseconds(1))
        }
        return true
    }

    private func next(_ operation: StoreOperation) -> Fault? {
        state.withLock { state in
            state.log.append(operation)
            let fault = state.plan.next(operation)
            if fault?.error != nil { state.failures += 1 }
            return fault
        }
    }

    private func wait(_ delay: Duration) async throws(StoreError) {
        guard delay > .zero else { return }
        do {
            try await Task.sleep(for: delay)
        } catch {
            throw StoreError(.cancelled, "cancelled while an injected delay lasted")
        }
    }
}

extension FaultingStore {
    package func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        try await perform(.head) { () throws(StoreError) in try await inner.head(key, conditions) }
    }

    package func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        try await perform(.get) { () throws(StoreError) in try await inner.get(key, range: range, conditions) }
    }

    package func put(
        _ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try await perform(.put) { () throws(StoreError) in try await inner.put(key, body, attributes, condition) }
    }

    package func delete(_ key: Key) async throws(StoreError) {
        try await perform(.delete) { () throws(StoreError) in try await inner.delete(key) }
    }

    package func delete(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError] {
        try await perform(.deleteBatch) { () throws(StoreError) in try await inner.delete(keys) }
    }

    package func copy(_ request: CopyRequest) async throws(StoreError) -> WriteReceipt {
        try await perform(.copy) { () throws(StoreError) in try await inner.copy(request) }
    }

    package func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        try await perform(.list) { () throws(StoreError) in try await inner.list(request) }
    }

    package func createUpload(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) -> UploadID {
        try await perform(.createUpload) { () throws(StoreError) in try await inner.createUpload(key, attributes) }
    }

    package func uploadPart(_ upload: Upload, number: Int, _ body: any ByteSource) async throws(StoreError) -> UploadedPart {
        try await perform(.uploadPart) { () throws(StoreError) in try await inner.uploadPart(upload, number: number, body) }
    }

    package func copyPart(
        _ upload: Upload, number: Int, from source: Key, range: ByteRange, ifSourceMatches: ETag?
    ) async throws(StoreError) -> UploadedPart {
        try await perform(.copyPart) { () throws(StoreError) in
            try await inner.copyPart(upload, number: number, from: source, range: range, ifSourceMatches: ifSourceMatches)
        }
    }

    package func completeUpload(
        _ upload: Upload, parts: [UploadedPart], _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try await perform(.completeUpload) { () throws(StoreError) in
            try await inner.completeUpload(upload, parts: parts, condition)
        }
    }

    package func abortUpload(_ upload: Upload) async throws(StoreError) {
        try await perform(.abortUpload) { () throws(StoreError) in try await inner.abortUpload(upload) }
    }

    package func listParts(_ upload: Upload) async throws(StoreError) -> [UploadedPart] {
        try await perform(.listParts) { () throws(StoreError) in try await inner.listParts(upload) }
    }

    package func listUploads(prefix: Key) async throws(StoreError) -> [Upload] {
        try await perform(.listUploads) { () throws(StoreError) in try await inner.listUploads(prefix: prefix) }
    }
}

extension ObjectContent {
    /// The same answer, whose body gives `count` bytes at most and then throws.
    fileprivate func breaking(after count: Int, _ error: StoreError) -> ObjectContent {
        ObjectContent(info: info, range: range, body: BreakingBody(body, after: count, error))
    }
}

/// A body that breaks off.
private final class BreakingBody: ObjectBody {
    private let inner: any ObjectBody
    private let left: Mutex<Int>
    private let error: StoreError

    init(_ inner: any ObjectBody, after count: Int, _ error: StoreError) {
        self.inner = inner
        left = Mutex(count)
        self.error = error
    }

    func next() async throws(StoreError) -> Bytes? {
        guard left.withLock({ $0 > 0 }), let bytes = try await inner.next() else { throw error }
        return left.withLock { left in
            let part = bytes.slice(from: 0, upTo: left)
            left -= part.count
            return part
        }
    }

    func cancel() {
        inner.cancel()
    }
}
