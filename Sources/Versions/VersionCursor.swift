internal import ObjectStorage

/// How far a listing of versions has come: what the store said of where to go on, and the key whose further versions do not matter.
struct VersionCursor: Hashable, Sendable {
    private(set) var keyMarker: Key?
    private(set) var versionMarker: String?
    /// The versions of one key may be on several pages.
    var settled: Key?

    /// Where a listing begins, or goes on.
    init(_ request: ListRequest) {
        guard let cursor = request.cursor else {
            // Some stores begin with the versions of the marker itself.
            (keyMarker, settled) = (request.startAfter, request.startAfter)
            return
        }
        var bytes = cursor.bytes[...]
        keyMarker = Self.take(&bytes).map { Key($0) }
        versionMarker = Self.take(&bytes).map { String(decoding: $0, as: UTF8.self) }
        settled = Self.take(&bytes).map { Key($0) }
    }

    func query(_ request: ListRequest, _ maximum: Int) -> VersionQuery {
        var query = VersionQuery()
        query.prefix = request.prefix
        query.delimiter = request.delimiter
        query.keyMarker = keyMarker
        query.versionMarker = versionMarker
        query.maximum = maximum
        return query
    }

    mutating func goOn(at next: VersionQuery) {
        keyMarker = next.keyMarker
        versionMarker = next.versionMarker
    }

    var listCursor: ListCursor {
        ListCursor(Self.field(keyMarker?.bytes) + Self.field(versionMarker.map { Array($0.utf8) }) + Self.field(settled?.bytes))
    }

    /// With its length before it, in two bytes: keys and ids have fewer than 2,000. A length of all ones stands for nil.
    private static func field(_ bytes: [UInt8]?) -> [UInt8] {
        guard let bytes, bytes.count < 0xFFFF else { return [0xFF, 0xFF] }
        return [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
    }

    private static func take(_ bytes: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard let high = bytes.popFirst(), let low = bytes.popFirst() else { return nil }
        let count = Int(high) << 8 | Int(low)
        guard count != 0xFFFF, bytes.count >= count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }
}
