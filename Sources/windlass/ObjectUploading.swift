import ObjectCommands
import ObjectStorage
import RemoteStore

/// Makes an object of what a source gives: in one request, or in parts where it is larger than one of these.
struct ObjectUploading {
    let source: ObjectContentSource
    let wish: WriteWish
    var partSize: Int64 = 16 << 20

    /// In bytes, of one request.
    private static let largestPut: Int64 = 5 << 30

    @discardableResult
    func run(_ key: Key, _ work: ObjectWork) throws -> WriteReceipt {
        let (source, wish) = (source, wish)
        let limits = work.commands.objects.store.limits
        let least = (source.size ?? 0) / Int64(limits.parts) + 1
        let size = min(max(partSize, limits.minimumPart, least), limits.maximumPart)
        return try work.run(key: key) { (commands) async throws(StoreError) in
            if let body = try await source.whole(upTo: wish.md5 == nil ? size : Self.largestPut) { return try await commands.put(key, body, wish) }
            return try await commands.put(key, parts: { () async throws(StoreError) in try await source.part(size) }, wish)
        }
    }
}
