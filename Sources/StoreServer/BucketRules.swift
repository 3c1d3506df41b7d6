/// What clients configure of a bucket: one of its settings.
struct BucketRules: Hashable, Codable, Sendable {
    enum Versioning: String, Codable, Sendable {
        case enabled = "Enabled"
        case suspended = "Suspended"
    }

    /// Nil where it was never set.
    var versioning: Versioning?
    var tags: [Tag]?
    /// Nil where nobody but the owner may do anything.
    var access: AccessList?
    /// Nil where objects cannot be locked.
    var lock: LockConfiguration?
    /// IBM's protection policy.
    var protection: ProtectionPolicy?
    var requesterPays: Bool?

    init() {}

    init(_ settings: BucketSettings) {
        self = settings[Self.name].flatMap { SettingsFile.value(BucketRules.self, in: Array($0.utf8)) } ?? BucketRules()
    }

    private static let name = "rules"

    func save(in settings: BucketSettings) throws {
        let text = String(decoding: SettingsFile.bytes(of: self), as: UTF8.self)
        try settings.change { $0[Self.name] = text }
    }

    /// As the settings of a new bucket have it.
    var setting: [String: String] {
        self == BucketRules() ? [:] : [Self.name: String(decoding: SettingsFile.bytes(of: self), as: UTF8.self)]
    }

    /// Gives a version that is about to appear what the bucket gives to all new ones.
    func prepare(_ manifest: inout Manifest) {
        manifest.facts.version = versioning == .enabled ? VersionID.make(generation: manifest.generation) : nil
        if manifest.facts.isDeleteMarker { return }
        if manifest.facts.lock.retention == nil { manifest.facts.lock.retention = lock?.defaultRetention?.retention(from: manifest.modified) }
        if let protection, manifest.facts.protection == nil {
            manifest.facts.protection = Protection(created: manifest.modified, seconds: protection.defaultDays * 86400)
        }
    }
}

extension Service {
    /// What the headers of a new bucket's request say.
    func newBucketRules(_ request: Request) throws(ServiceError) -> BucketRules {
        var rules = BucketRules()
        rules.access = try AccessList(request)
        if request.own("bucket-object-lock-enabled")?.lowercased() == "true" {
            try checkOffered(.putObjectLockConfiguration)
            rules.versioning = .enabled
            rules.lock = LockConfiguration()
        }
        return rules
    }
}
