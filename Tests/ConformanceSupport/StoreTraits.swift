/// What a store can do beyond what every store does; a promise names those that it needs.
package enum StoreFeature: String, Codable, CaseIterable, Hashable, Sendable {
    /// PUT fails where there is an object already (`If-None-Match: *`).
    case conditionalCreate
    /// PUT fails where the object is another version (`If-Match`).
    case conditionalReplace
    /// The same as `conditionalCreate` when a multipart upload is completed.
    case conditionalComplete
    /// A copy fails where its source is another version.
    case copySourceCondition
    case partCopy
    /// A copied part fails where its source is another version.
    case partCopyCondition
    /// A copied part's source may have a percent sign in its key.
    case partCopyFromAnyKey
    /// Parts below the limit are refused, but for the last.
    case partMinimum
    /// Parts that are not in ascending order are refused.
    case partOrder
    /// A part may be uploaded again and replaces the first.
    case partReplacement
    /// Part numbers may have gaps.
    case partGaps
    /// An upload may be completed without some of its parts.
    case partSubset
    /// Completing an aborted upload is `noSuchUpload`.
    case completionAfterAbort
    /// A folder's marker keeps its metadata.
    case folderMetadata
    /// A folder's marker can be copied like any object.
    case folderCopy
    /// `a//b`, a leading slash, `.` and `..`, and a backslash are bytes like any other.
    case flatKeys
    /// `a`, `a/` and `a/b` may exist beside one another.
    case nestedKeys
    /// Listings are in the order of bytes.
    case byteOrder
    /// Any text delimits, not only a slash.
    case anyDelimiter
    /// Keys over the limit are refused.
    case keyLimit
    /// Folders that no key names are not there: neither HEAD nor a listing shows them.
    case noImplicitFolders
}

/// What is known of one store: the features that it lacks, each with the reason why its tests are left out.
package struct StoreTraits: Codable, Hashable, Sendable {
    package var missing: [String: String]

    package init(missing: [StoreFeature: String] = [:]) {
        self.missing = Dictionary(uniqueKeysWithValues: missing.map { ($0.rawValue, $1) })
    }

    /// Why `promise` cannot be held by this store; nil when it can.
    package func reasonToSkip(_ promise: StorePromise) -> String? {
        promise.needs.sorted { $0.rawValue < $1.rawValue }.compactMap { feature in
            missing[feature.rawValue].map { "\(feature.rawValue): \($0)" }
        }.first
    }

    /// Names in `missing` that are no feature: spelling mistakes, which would otherwise go unnoticed.
    package var unknownFeatures: [String] {
        missing.keys.filter { StoreFeature(rawValue: $0) == nil }.sorted()
    }
}
