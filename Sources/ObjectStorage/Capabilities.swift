/// What a store can do for one bucket beyond what every store does.
///
/// Known for a dialect or found out on a scratch object, never tried on data: most servers take a verb that they do not know for a
/// plain PUT and overwrite the object.
package struct Capabilities: Hashable, Codable, Sendable {
    /// A PUT only where there is no object (`If-None-Match: *`; OBS `x-obs-forbid-overwrite`).
    package var putIfAbsent = false
    /// A PUT only over a certain version (`If-Match`).
    package var putIfMatches = false
    package var completeIfAbsent = false
    package var completeIfMatches = false
    package var copyIfSourceMatches = false
    /// Ranges of objects as parts of an upload.
    package var partCopy = false
    package var partCopyIfSourceMatches = false
    /// Nil where objects cannot be appended to.
    package var append: AppendRules?
    /// Bytes changed and lengths set in place (OBS parallel file systems).
    package var modify = false
    /// Files and folders renamed in one request (OBS parallel file systems).
    package var rename = false
    /// Attributes replaced without a copy of the object (OBS `?metadata`).
    package var replaceAttributes = false
    /// Listings tell all that HEAD says of an object, if they are asked to (MinIO `metadata=true`).
    package var listAttributes = false
    /// What the store verifies of a body, best first.
    package var checksums: [ChecksumKind] = [.md5]

    package init() {}

    /// What every store that deserves the name can do, and nothing more.
    package static let least = Capabilities()
}

extension Capabilities: CustomStringConvertible {
    /// What is there, for a log.
    package var description: String {
        let present = table.filter { $0.isOffered }.map(\.name)
        return present.isEmpty ? "nothing but the least" : present.joined(separator: ", ")
    }

    /// Each verb and condition by a name that does not change, and whether it is there.
    package var table: [(name: String, isOffered: Bool)] {
        [
            ("put-if-absent", putIfAbsent), ("put-if-matches", putIfMatches), ("complete-if-absent", completeIfAbsent),
            ("complete-if-matches", completeIfMatches), ("copy-if-source-matches", copyIfSourceMatches), ("part-copy", partCopy),
            ("part-copy-if-source-matches", partCopyIfSourceMatches), ("append", append != nil), ("modify", modify), ("rename", rename),
            ("replace-attributes", replaceAttributes), ("list-attributes", listAttributes),
        ]
    }
}

/// How a store lets objects grow.
package struct AppendRules: Hashable, Codable, Sendable {
    /// After so many appends an object takes no more; nil for no limit.
    package var maximumAppends: Int?
    /// In bytes, of one request.
    package var maximumBytes: Int64
    /// Every object can grow; otherwise only those that an append at 0 created.
    package var anyObject: Bool

    package init(maximumAppends: Int?, maximumBytes: Int64 = 5 << 30, anyObject: Bool = false) {
        self.maximumAppends = maximumAppends
        self.maximumBytes = maximumBytes
        self.anyObject = anyObject
    }
}

/// Checksums that stores verify.
package enum ChecksumKind: String, Hashable, Codable, Sendable, CaseIterable {
    case md5
    case crc32c
    case crc64nvme
    /// CRC-64/XZ (OBS `x-obs-checksum-crc64ecma`).
    case crc64ecma
    case sha256
}
