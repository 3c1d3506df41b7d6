/// Under which condition a write or a delete takes place.
package struct WritePrecondition: Hashable, Sendable {
    /// `If-None-Match: *`
    package var absent = false
    /// `If-Match`
    package var matches: EntityTags?

    /// `If-Unmodified-Since`
    package var unmodifiedSince: StoreTime?
    /// OBS's `forbid-overwrite`.
    package var forbidsOverwrite = false
    /// How long what is there must have rested, in milliseconds.
    package var pauseMilliseconds: Int64 = 0

    package static let none = WritePrecondition()

    package init(absent: Bool = false, matches: EntityTags? = nil) {
        self.absent = absent
        self.matches = matches
    }

    /// Checks against what is there now, nil where there is nothing.
    func check(_ current: StoredObject?, now: StoreTime) throws(ServiceError) {
        try check(current: current?.etag)
        guard let current else { return }
        if forbidsOverwrite { throw ServiceError(409, "ObjectAlreadyExists", "The object already exists and may not be overwritten.") }
        if let unmodifiedSince, current.manifest.modified.seconds > unmodifiedSince.seconds { throw .preconditionFailed }
        // Without such a rule not even then: another writer may have come after this one looked at the clock.
        if pauseMilliseconds > 0, now.milliseconds - current.manifest.modified.milliseconds < pauseMilliseconds {
            throw ServiceError(400, "PutObjectTooFast", "The object was written a moment ago; try again later.")
        }
    }

    /// Checks against the ETag of what is there now, nil where there is nothing.
    package func check(current etag: String?) throws(ServiceError) {
        if absent, etag != nil { throw .preconditionFailed }
        guard let matches else { return }
        guard let etag else { throw .noSuchKey }
        guard matches.contains(etag) else { throw .preconditionFailed }
    }
}

/// The value of If-Match and If-None-Match (RFC 9110, 13.1): a list of entity tags, or any.
package enum EntityTags: Hashable, Sendable {
    case any
    case list([String])

    package init(_ text: String) {
        if text.trimmed == "*" {
            self = .any
        } else {
            self = .list(text.split(separator: ",").map { Self.opaque(String($0.trimmed)) })
        }
    }

    /// The tag without `W/` and quotes; the service takes unquoted ones too.
    private static func opaque(_ text: String) -> String {
        var rest = text[...]
        if rest.hasPrefix("W/") { rest = rest.dropFirst(2) }
        if rest.count >= 2, rest.hasPrefix("\""), rest.hasSuffix("\"") { rest = rest.dropFirst().dropLast() }
        return String(rest)
    }

    package func contains(_ etag: String) -> Bool {
        switch self {
        case .any: true
        case .list(let tags): tags.contains(etag)
        }
    }
}
