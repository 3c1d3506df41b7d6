import FileSystemTypes
import ObjectStorage

/// Buckets, and what requests to a missing one say.
enum BucketPromises {
    static let all = [
        StorePromise("a bucket is there once it is made", made),
        StorePromise("a deleted bucket is gone", deleted),
        StorePromise("a bucket with objects is not deleted", notEmpty),
        StorePromise("a missing bucket is noSuchBucket", missing),
    ]

    private static func made(_ subject: StoreSubject) async throws {
        try await subject.service.headBucket(subject.bucket)
        let names = try await subject.service.listBuckets().map(\.name)
        try expect(names.contains(subject.bucket), "\(subject.bucket) is not listed: \(names)")
    }

    private static func deleted(_ subject: StoreSubject) async throws {
        let name = BucketName("\(subject.bucket)-x")
        try await subject.service.createBucket(name)
        try await subject.service.deleteBucket(name)
        try await expectFailure([.noSuchBucket], "HEAD") { try await subject.service.headBucket(name) }
        try await expectFailure([.noSuchBucket], "DELETE") { try await subject.service.deleteBucket(name) }
    }

    private static func notEmpty(_ subject: StoreSubject) async throws {
        try await subject.put("object")
        try await expectFailure([.bucketNotEmpty], "DELETE") { try await subject.service.deleteBucket(subject.bucket) }
        try await subject.service.headBucket(subject.bucket)
    }

    /// HEAD has no body to name a code in, so that a missing bucket may look like a missing object there.
    private static func missing(_ subject: StoreSubject) async throws {
        try await subject.service.deleteBucket(subject.bucket)
        try await expectFailure([.noSuchBucket, .noSuchKey], "HEAD of an object") { try await subject.head("object") }
        try await expectFailure([.noSuchBucket], "GET of an object") { try await subject.get("object") }
        try await expectFailure([.noSuchBucket], "PUT of an object") { try await subject.put("object") }
        try await expectFailure([.noSuchBucket], "a listing") { try await subject.store.list(ListRequest()) }
        try await subject.service.createBucket(subject.bucket)
    }
}
