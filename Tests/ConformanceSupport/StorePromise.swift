package import FileSystemTypes
package import ObjectStorage

/// One promise of `ObjectStore` or `BucketService`, and the check of it.
package struct StorePromise: Sendable, CustomStringConvertible {
    package let name: String
    package let needs: Set<StoreFeature>
    /// Throws when the store does not keep the promise. The bucket is empty at first, and nobody else's.
    package let check: @Sendable (StoreSubject) async throws -> Void

    init(_ name: String, needs: Set<StoreFeature> = [], _ check: @escaping @Sendable (StoreSubject) async throws -> Void) {
        self.name = name
        self.needs = needs
        self.check = check
    }

    package var description: String { name }

    package static let all: [StorePromise] =
        ObjectPromises.all + RangePromises.all + ConditionPromises.all + KeyPromises.all + CopyPromises.all + ListPromises.all
        + UploadPromises.all + PartPromises.all + BucketPromises.all + AppendPromises.all + InPlacePromises.all
}

/// A store that is to be held to its promises: its buckets, and how one of them is opened.
package struct StoreConnection: Sendable {
    package let service: any BucketService
    package let open: @Sendable (BucketName) throws -> any ObjectStore
    package let traits: StoreTraits

    package init(
        service: any BucketService, traits: StoreTraits = StoreTraits(), open: @escaping @Sendable (BucketName) throws -> any ObjectStore
    ) {
        self.service = service
        self.traits = traits
        self.open = open
    }

    /// Checks `promise` on a bucket made for it, which is deleted afterwards with all it holds.
    package func check(_ promise: StorePromise) async throws {
        let name = BucketName("windlass-" + String(UInt64.random(in: .min ... .max), radix: 36))
        try await service.createBucket(name)
        let subject = StoreSubject(service: service, bucket: name, store: try open(name))
        do {
            try await promise.check(subject)
        } catch {
            try? await subject.removeBucket()
            throw error
        }
        try await subject.removeBucket()
    }
}

/// The bucket that a promise is checked on.
package struct StoreSubject: Sendable {
    package let service: any BucketService
    package let bucket: BucketName
    package let store: any ObjectStore

    @discardableResult
    package func put(
        _ key: Key, _ bytes: [UInt8] = Array("content".utf8), _ attributes: ObjectAttributes = ObjectAttributes(),
        _ condition: WriteCondition = .always
    ) async throws -> WriteReceipt {
        try await store.put(key, BytesSource(Bytes(bytes)), attributes, condition)
    }

    package func get(_ key: Key, _ range: ByteRange? = nil) async throws -> [UInt8] {
        try await store.get(key, range: range, ReadConditions()).collect().contiguous
    }

    package func head(_ key: Key) async throws -> ObjectInfo {
        try await store.head(key, ReadConditions())
    }

    /// The ETag that every object has.
    package func etag(of key: Key) async throws -> ETag {
        guard let etag = try await head(key).etag else { throw BrokenPromise("HEAD of \(key) gives no ETag") }
        return etag
    }

    /// All pages of a listing; breaks off where it never ends.
    package func pages(_ request: ListRequest) async throws -> [ListPage] {
        var request = request
        var pages: [ListPage] = []
        repeat {
            let page = try await store.list(request)
            pages.append(page)
            request.startAfter = nil
            request.cursor = page.next
            guard pages.count < 2000 else { throw BrokenPromise("the listing does not end: \(request)") }
        } while request.cursor != nil
        return pages
    }

    func removeBucket() async throws {
        for upload in (try? await store.listUploads(prefix: Key(""))) ?? [] { try await store.abortUpload(upload) }
        // Backwards: a file system has no folder deleted that something is in.
        let keys = try await pages(ListRequest()).flatMap(\.objects).map(\.key)
        for key in keys.sorted().reversed() { try await store.delete(key) }
        try await service.deleteBucket(bucket)
    }
}

/// What a store did instead of what it promised.
package struct BrokenPromise: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Throws `BrokenPromise` with `message` unless `condition` holds.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw BrokenPromise(message()) }
}

/// Throws `BrokenPromise` unless both are equal.
func expect<Value: Equatable>(_ value: Value, is expected: Value, _ what: String) throws {
    if value != expected { throw BrokenPromise("\(what): \(value) instead of \(expected)") }
}

/// Throws `BrokenPromise` unless `body` fails for one of `reasons`.
func expectFailure<Result>(
    _ reasons: Set<StoreError.Reason>, _ what: String, _ body: () async throws -> Result
) async throws {
    do {
        _ = try await body()
    } catch let error as StoreError {
        try expect(reasons.contains(error.reason), "\(what): \(error.reason) instead of \(reasons): \(error)")
        return
    }
    throw BrokenPromise("\(what): succeeded instead of failing with \(reasons)")
}

/// Throws `BrokenPromise` unless both have the same bytes; names the first that differs.
func expectBytes(_ bytes: [UInt8], _ expected: [UInt8], _ what: String) throws {
    guard bytes != expected else { return }
    let place = zip(bytes, expected).prefix { $0 == $1 }.count { _ in true }
    throw BrokenPromise("\(what): \(bytes.count) bytes instead of \(expected.count), different from byte \(place) on")
}
