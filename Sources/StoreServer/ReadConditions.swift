/// The conditions of a GET or HEAD, or of the source of a copy (RFC 9110, 13).
package struct ReadConditions: Hashable, Sendable {
    package var ifMatch: EntityTags?
    package var ifNoneMatch: EntityTags?
    package var ifModifiedSince: StoreTime?
    package var ifUnmodifiedSince: StoreTime?

    package init(
        ifMatch: EntityTags? = nil, ifNoneMatch: EntityTags? = nil, ifModifiedSince: StoreTime? = nil, ifUnmodifiedSince: StoreTime? = nil
    ) {
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
        self.ifModifiedSince = ifModifiedSince
        self.ifUnmodifiedSince = ifUnmodifiedSince
    }

    /// Takes the headers that `header` finds; a date that is none counts as absent.
    package init(_ header: (String) -> String?) {
        ifMatch = header("if-match").map { EntityTags($0) }
        ifNoneMatch = header("if-none-match").map { EntityTags($0) }
        ifModifiedSince = header("if-modified-since").flatMap { StoreTime(http: $0) }
        ifUnmodifiedSince = header("if-unmodified-since").flatMap { StoreTime(http: $0) }
    }

    /// Dates count only where the tag of their kind is absent. Throws 412, or 304 where the reader has the object already.
    package func check(etag: String, modified: StoreTime) throws(ServiceError) {
        if let ifMatch {
            guard ifMatch.contains(etag) else { throw .preconditionFailed }
        } else if let ifUnmodifiedSince, modified.seconds > ifUnmodifiedSince.seconds {
            throw .preconditionFailed
        }
        if let ifNoneMatch {
            if ifNoneMatch.contains(etag) { throw .notModified }
        } else if let ifModifiedSince, modified.seconds <= ifModifiedSince.seconds {
            throw .notModified
        }
    }
}
