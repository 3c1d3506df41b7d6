package import FileSystemTypes
package import ObjectStorage
import Synchronization

/// One bucket of a `MemoryStore`.
package struct MemoryBucket: ObjectStore {
    let store: MemoryStore
    package let name: BucketName

    package var limits: StoreLimits { store.limits }
    package var capabilities: Capabilities { store.claimed }
    var rules: MemoryRules { MemoryRules(limits: store.limits) }

    /// What this bucket was asked since it was made or `resetCounts` was called.
    package var counts: RequestCounts {
        store.state.withLock { $0.buckets[name]?.counts ?? RequestCounts() }
    }

    package func resetCounts() {
        store.state.withLock { $0.buckets[name]?.counts = RequestCounts() }
    }

    /// Runs one request as one step and counts it, also when it fails.
    func request<Result: Sendable>(
        _ operation: StoreOperation, receiving bytes: Int = 0, _ body: (inout MemoryBucketState) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        do {
            return try store.withBucket(name) { bucket throws(StoreError) in
                bucket.counts.count(operation)
                bucket.counts.received(bytes)
                return try body(&bucket)
            }
        } catch {
            var named = error
            named.operation = "\(operation.rawValue) in \(name)"
            throw named
        }
    }

    /// The condition as a store sees it that knows only what the capabilities name.
    func known(_ condition: WriteCondition, completing: Bool = false) -> WriteCondition {
        switch condition {
        case .always: .always
        case .absent: (completing ? store.capabilities.completeIfAbsent : store.capabilities.putIfAbsent) ? condition : .always
        case .matches: (completing ? store.capabilities.completeIfMatches : store.capabilities.putIfMatches) ? condition : .always
        }
    }

    /// All bytes of a body that has at most `limit` of them.
    func collect(_ body: any ByteSource, upTo limit: Int64) async throws(StoreError) -> [UInt8] {
        try rules.check(size: body.count, within: limit)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(body.count))
        while Int64(bytes.count) < body.count {
            do {
                let more = try await body.read(at: Int64(bytes.count), upTo: min(1 << 20, Int(body.count) - bytes.count))
                guard !more.isEmpty else { throw Errno.inputOutput }
                bytes.append(contentsOf: more.contiguous)
            } catch {
                throw StoreError(.localFailure, "the body cannot be read: \(error)")
            }
        }
        return bytes
    }
}

extension MemoryBucket {
    package func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        try request(.head) { bucket throws(StoreError) in
            try rules.check(key)
            return try bucket.object(key, conditions).info
        }
    }

    package func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        try request(.get) { bucket throws(StoreError) in
            try rules.check(key)
            let object = try bucket.object(key, conditions)
            let size = Int64(object.bytes.count)
            if let range, range.offset >= size {
                throw StoreError(.invalidRange, "\(key) has only \(size) bytes", status: 416, serviceCode: "InvalidRange")
            }
            let given = (range ?? ByteRange(offset: 0, count: size)).clamped(toSize: size)
            bucket.counts.sent(Int(given.count))
            let bytes = Bytes(object.bytes[Int(given.offset)..<Int(given.end)])
            return ObjectContent(info: object.info, range: given, body: BytesBody(bytes))
        }
    }

    package func put(
        _ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        let bytes = try await collect(body, upTo: limits.singlePut)
        let object = MemoryObject(bytes: bytes, etag: Digest.etag(of: Digest.md5(bytes)), attributes: attributes)
        return try request(.put, receiving: bytes.count) { bucket throws(StoreError) in
            try rules.check(key)
            try rules.check(attributes)
            return try bucket.store(object, as: key, known(condition))
        }
    }

    package func delete(_ key: Key) async throws(StoreError) {
        try request(.delete) { bucket throws(StoreError) in
            try rules.check(key)
            bucket.remove(key)
        }
    }

    package func delete(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError] {
        try request(.deleteBatch) { bucket throws(StoreError) in
            guard !keys.isEmpty, keys.count <= limits.deleteBatch else {
                throw rules.invalid("1 to \(limits.deleteBatch) keys are deleted at once")
            }
            for key in keys { bucket.remove(key) }
            return [:]
        }
    }

    package func copy(_ request: CopyRequest) async throws(StoreError) -> WriteReceipt {
        try self.request(.copy) { bucket throws(StoreError) in
            try rules.check(request.destination)
            if let attributes = request.replacing { try rules.check(attributes) }
            let condition = store.capabilities.copyIfSourceMatches ? request.ifSourceMatches : nil
            let source = try bucket.object(request.source, ReadConditions(ifMatch: condition))
            try rules.check(size: Int64(source.bytes.count), within: limits.singlePut)
            if request.replacing == nil, request.source == request.destination {
                throw rules.invalid("a copy onto itself changes something")
            }
            let copy = MemoryObject(
                bytes: source.bytes, etag: Digest.etag(of: Digest.md5(source.bytes)), attributes: request.replacing ?? source.attributes)
            return try bucket.store(copy, as: request.destination, .always)
        }
    }

    package func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        try self.request(.list) { bucket throws(StoreError) in
            guard request.maximumKeys > 0 else { throw rules.invalid("a page has at least one key") }
            let objects = bucket.objects
            let withAttributes = request.withAttributes && store.capabilities.listAttributes
            var listing = MemoryListing(request, keys: bucket.keys)
            return try listing.run { key in
                objects[key]?.listed(as: key, withAttributes: withAttributes) ?? ListedObject(key: key, size: 0)
            }
        }
    }
}
