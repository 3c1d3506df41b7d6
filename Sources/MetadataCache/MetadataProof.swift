internal import FileSystemTypes
package import ObjectStorage

/// When what was kept of an object may be believed, and when an answer may be kept: pure.
package struct MetadataProof: Sendable {
    /// Stores date objects to the second, and some change metadata without another ETag or size: of an object that is younger than this when
    /// it is asked for, a later version might look the same.
    package static let settling: Int64 = 5
    /// For how long a record counts at most, in seconds: only for stores that can change metadata without a trace in listings.
    let lifetime: Int64?

    package init(lifetime: Int64?) {
        self.lifetime = lifetime
    }

    /// Whether a listing shows that the object is still what the record says.
    package func isProved(_ record: MetadataRecord, by listed: ListedObject, now: Int64) -> Bool {
        if let lifetime, !(0..<lifetime).contains(now - record.asked) { return false }
        let info = record.info
        guard let etag = listed.etag, etag == info.etag, listed.size == info.size else { return false }
        guard let time = listed.lastModified, time.seconds == info.lastModified?.seconds else { return false }
        if let known = record.nanoseconds, known != time.nanoseconds { return false }
        return Self.class(listed.storageClass) == nil || Self.class(listed.storageClass) == Self.class(info.storageClass) ?? Self.standard
    }

    /// The record of an answer; nil for one that could be mistaken for a later version's.
    ///
    /// - Parameters:
    ///   - listed: what a listing said of the object before the store was asked.
    ///   - isExact: listings of this store tell parts of seconds: they show a change within the same second.
    package func record(_ info: ObjectInfo, _ listed: ListedObject?, isExact: Bool, now: Int64) -> MetadataRecord? {
        guard info.etag != nil, let modified = info.lastModified else { return nil }
        if let listed, let time = listed.lastModified {
            guard listed.etag == info.etag, listed.size == info.size, time.seconds == modified.seconds else { return nil }
            if isExact { return MetadataRecord(info: info, nanoseconds: time.nanoseconds, asked: now) }
        }
        guard now - modified.seconds >= Self.settling else { return nil }
        return MetadataRecord(info: info, nanoseconds: nil, asked: now)
    }

    private static let standard = "STANDARD"

    private static func `class`(_ name: String?) -> String? {
        name.flatMap { $0.isEmpty ? nil : $0.uppercased() }
    }
}
