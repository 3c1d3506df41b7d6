import FileSystemTypes
import ObjectCommands
import ObjectStorage
import RemoteStore
import Transfers

/// Copies within a store, also from one bucket to another.
struct StoreCopying: ServerCopying {
    let source: RemoteObjects
    let target: ObjectCommands
    /// Nil: only what one request does not take is copied in parts.
    let wantedPart: Int64?

    private static let usualPart: Int64 = 128 << 20

    var largestCopy: Int64 { min(wantedPart ?? .max, ObjectCommands.largestCopy) }
    var partSize: Int64 { wantedPart ?? Self.usualPart }

    func copy(_ sourceKey: Key, to targetKey: Key, ifMatches etag: ETag?) async throws(StoreError) {
        var wish = CopyWish()
        wish.ifMatch = etag?.text
        _ = try await target.copy(sourceKey, of: source, to: targetKey, wish)
    }

    func begin(_ targetKey: Key, like sourceKey: Key) async throws(StoreError) -> Upload {
        try await target.begin(targetKey, likeOf: sourceKey, in: source)
    }

    func copyPart(
        _ number: Int, _ range: ByteRange, of sourceKey: Key, to upload: Upload, ifMatches etag: ETag?
    ) async throws(StoreError) -> UploadedPart {
        try await target.copyPart(range, number: number, of: sourceKey, in: source, to: upload, ifMatch: etag)
    }
}
