/// What a store can do beyond what every store does; a promise names those that it needs.
package enum StoreFeature: String, Codable, CaseIterable, Hashable, Sendable {
    /// PUT fails where there is an object already (`If-None-Match: *`).
    case conditionalCreate
    /// PUT fails where the object is another version (`If-Match`).
    case conditionalReplace
    /// Of many such at one moment one wins: the store itself looks, and not its client before.
    case atomicCreate
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
    /// Folders are not objects by themselves, which listings would show among the others.
    case noFolderObjects
    /// Objects grow at their end.
    case append
    /// Only objects that an append created can grow.
    case appendOnlyToAppended
    /// An object takes so few appends that a test can reach the limit.
    case fewAppends
    /// Bytes are changed and lengths set in place.
    case modify
    /// Objects and folders are renamed in one step.
    case rename
    /// Attributes are replaced without a copy.
    case replaceAttributes

    /// What objects in most stores cannot have done to them.
    package static let inPlace: [StoreFeature] = [.append, .appendOnlyToAppended, .fewAppends, .modify, .rename, .replaceAttributes]
}

/// What is known of one store: the features that it lacks, each with the reason why its tests are left out.
package struct StoreTraits: Codable, Hashable, Sendable {
    package var missing: [String: String]

    package init(missing: [StoreFeature: String] = [:]) {
        self.missing = Dictionary(uniqueKeysWithValues: missing.map { ($0.rawValue, $1) })
    }

    /// The same, with the features of `others` missing as well.
    package func lacking(_ others: [StoreFeature], _ reason: String) -> StoreTraits {
        var copy = self
        for feature in others { copy.missing[feature.rawValue] = reason }
        return copy
    }

    package func lacks(_ feature: StoreFeature) -> Bool { missing[feature.rawValue] != nil }

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
