package import FileSystemTypes
package import ObjectStorage
package import RemoteStore

extension ObjectCommands {
    /// How often a body that breaks off is taken up again where it ended.
    private static let resumptions = 5

    /// Gives the bytes of an object to `sink`, front to back, and what was said of them.
    ///
    /// A body that breaks off is gone on with from there, of the same version, unless the store makes it up for each request.
    package func get(
        _ key: Key, _ wish: ReadWish, into sink: (Bytes) async throws(StoreError) -> Void
    ) async throws(StoreError) -> ObjectAnswer {
        var wish = wish
        var first: ObjectAnswer?
        var resumed = 0
        while true {
            let (answer, body) = try await objects.open(try wish.call("GET", key, dialect))
            if first == nil { first = answer }
            var taken: Int64 = 0
            do throws(StoreError) {
                while let bytes = try await body.next() {
                    try await sink(bytes)
                    taken += Int64(bytes.count)
                }
                return first ?? answer
            } catch {
                resumed += 1
                guard resumed <= Self.resumptions, Self.mayPass(error), wish.process == nil, wish.resume(after: taken, answer) else { throw error }
            }
        }
    }

    private static func mayPass(_ error: StoreError) -> Bool {
        [.unreachable, .timedOut, .invalidResponse, .unavailable].contains(error.reason)
    }
}

extension ReadWish {
    /// The rest of what was asked for; false where it cannot be said.
    fileprivate mutating func resume(after taken: Int64, _ answer: ObjectAnswer) -> Bool {
        guard let etag = answer["etag"] else { return false }
        let whole = answer["content-range"].flatMap { StoreResponse.contentRange($0)?.range }
        let count = answer["content-length"].flatMap { Int64($0) }
        guard let range = whole ?? count.map({ ByteRange(offset: 0, count: $0) }), taken < range.count else { return false }
        self.range = "\(range.offset + taken)-\(range.end - 1)"
        ifMatch = ETag(etag).text
        ifNoneMatch = nil
        ifModifiedSince = nil
        ifUnmodifiedSince = nil
        return true
    }
}
