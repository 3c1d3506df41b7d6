package import ObjectStorage
package import RemoteStore

/// What can be done with objects beyond reading and writing them: who has it, and what to do where it is missing.
package enum ObjectFeature: String, Hashable, Sendable, CaseIterable {
    case tags
    case accessList = "acl"
    case versions
    case restoration = "restore"
    case retention
    case legalHold = "legal-hold"
    case append
    case encryption
    case expiry
    case imageProcessing = "image processing"
    case objectLock = "lock at upload"
    case website = "website redirect"

    package var families: Set<Dialect.Family> {
        switch self {
        case .tags, .accessList, .versions, .restoration, .retention, .encryption: [.s3, .obs, .cos]
        case .legalHold: [.s3, .cos]
        case .append: [.s3, .obs]
        case .expiry, .imageProcessing: [.obs]
        case .objectLock, .website: [.s3, .obs, .cos]
        }
    }

    /// What to do instead.
    private var hint: String? {
        switch self {
        case .tags: "keep it in the object's metadata: windlass object metadata"
        case .accessList: "set the bucket's: windlass bucket acl"
        case .legalHold: "set a retention: windlass object retention"
        case .append: "put the object anew"
        case .expiry: "give the bucket a rule: windlass bucket lifecycle"
        case .versions, .restoration, .retention, .encryption, .imageProcessing, .objectLock, .website: nil
        }
    }

    package func isOffered(_ dialect: Dialect) -> Bool { families.contains(dialect.family) }

    /// Fails with `unsupported` where the dialect has nothing of the kind.
    package func check(_ dialect: Dialect) throws(StoreError) {
        guard !isOffered(dialect) else { return }
        throw StoreError(.unsupported, "\(dialect.family.title) does not offer '\(rawValue)' for objects\(hint.map { "; \($0)" } ?? "")")
    }
}
