/// What keeps one version from being deleted (S3 Object Lock, OBS WORM).
struct ObjectLock: Hashable, Codable, Sendable {
    enum Mode: String, Codable, Sendable {
        case governance = "GOVERNANCE"
        case compliance = "COMPLIANCE"
    }

    struct Retention: Hashable, Codable, Sendable {
        var mode: Mode
        var untilMilliseconds: Int64

        var until: StoreTime { StoreTime(milliseconds: untilMilliseconds) }
    }

    var retention: Retention?
    var hasLegalHold: Bool?

    func holds(now: StoreTime, bypassesGovernance: Bool) -> Bool {
        if hasLegalHold == true { return true }
        guard let retention, now < retention.until else { return false }
        return retention.mode == .compliance || !bypassesGovernance
    }

    /// Whether `new` may take the place of the retention there is: a lock in force may be made longer and stricter, nothing else.
    func allows(_ new: Retention?, now: StoreTime, bypassesGovernance: Bool) -> Bool {
        guard let retention, now < retention.until else { return true }
        if retention.mode == .governance, bypassesGovernance { return true }
        guard let new, new.untilMilliseconds >= retention.untilMilliseconds else { return false }
        return new.mode == retention.mode || new.mode == .compliance
    }
}

/// The lock configuration of a bucket: that there is one makes locks possible.
struct LockConfiguration: Hashable, Codable, Sendable {
    struct Default: Hashable, Codable, Sendable {
        var mode: ObjectLock.Mode
        var count: Int64
        var isYears: Bool

        func retention(from created: StoreTime) -> ObjectLock.Retention {
            let days = isYears ? count * 365 : count
            return ObjectLock.Retention(mode: mode, untilMilliseconds: created.adding(seconds: days * 86400).milliseconds)
        }
    }

    var defaultRetention: Default?

    init() {}

    /// Reads `<ObjectLockConfiguration>`.
    init(_ root: XMLElement, _ features: StoreFeatures) throws(ServiceError) {
        guard root.name == "ObjectLockConfiguration", root.text("ObjectLockEnabled")?.trimmed.lowercased() == "enabled" else { throw .malformedXML }
        guard let rule = root.child("Rule") else { return }
        guard let given = rule.child("DefaultRetention"), let text = given.text("Mode"), let mode = ObjectLock.Mode(rawValue: String(text.trimmed)),
            features.lockModes.contains(mode.rawValue)
        else { throw .malformedXML }
        let (days, years) = (given.text("Days"), given.text("Years"))
        guard (days == nil) != (years == nil), let count = (days ?? years).flatMap({ Int64($0.trimmed) }) else { throw .malformedXML }
        guard (1...(days == nil ? 100 : 36500)).contains(count) else {
            throw .invalidArgument("Default retention period must be a positive integer value.")
        }
        defaultRetention = Default(mode: mode, count: count, isYears: days == nil)
    }
}
