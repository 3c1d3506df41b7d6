package import ObjectStorage
internal import RemoteStore
internal import Signing

/// What an object is to be beside its bytes. Class, access list and encryption are those of the connection.
package struct WriteWish: Sendable {
    package var attributes = ObjectAttributes()
    package var tags: [(name: String, value: String)] = []
    /// After how many days OBS deletes it.
    package var expiryDays: Int?
    /// What the store is to hold the bytes against, in Base64.
    package var md5: String?
    /// `COMPLIANCE` or `GOVERNANCE`.
    package var lockMode: String?
    /// An ISO 8601 date.
    package var lockUntil: String?
    /// `ON` or `OFF`; IBM COS has its own in the options of the connection.
    package var legalHold: String?
    /// Of IBM COS: an ISO 8601 date until which it can be neither changed nor deleted.
    package var retentionDate: String?
    package var condition = WriteCondition.always
    package var website: String?

    package init() {}

    /// The headers that a PUT, a copy or the begin of an upload has of it.
    func add(to call: inout ObjectCall, _ dialect: Dialect) throws(StoreError) {
        call.say("Content-Type", attributes.contentType)
        call.say(dialect.ownHeader("storage-class"), attributes.storageClass)
        for (header, value) in attributes.headers.sorted(by: { $0.key.rawValue < $1.key.rawValue }) { call.say(header.rawValue, value) }
        for (name, value) in attributes.metadata.sorted(by: { $0.key < $1.key }) { call.say(dialect.ownMetadataPrefix + name, value) }
        if !tags.isEmpty {
            try ObjectFeature.tags.check(dialect)
            let pairs = tags.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }
            call.say(dialect.ownHeader("tagging"), pairs.joined(separator: "&"))
        }
        if let expiryDays {
            try ObjectFeature.expiry.check(dialect)
            call.say("x-obs-expires", String(expiryDays))
        }
        if let website {
            try ObjectFeature.website.check(dialect)
            call.say(dialect.ownHeader("website-redirect-location"), website)
        }
        try addLock(to: &call, dialect)
    }

    private func addLock(to call: inout ObjectCall, _ dialect: Dialect) throws(StoreError) {
        if let retentionDate {
            guard dialect.family == .cos else {
                throw StoreError(.unsupported, "only IBM Cloud Object Storage takes --retention-date; use --lock-mode and --lock-until")
            }
            call.say("Retention-Expiration-Date", retentionDate)
        }
        guard lockMode != nil || lockUntil != nil || legalHold != nil else { return }
        try ObjectFeature.objectLock.check(dialect)
        if legalHold != nil { try ObjectFeature.legalHold.check(dialect) }
        guard (lockMode == nil) == (lockUntil == nil) else { throw ObjectCommands.invalid("a lock has a mode and a date: give both or none") }
        call.say(dialect.ownHeader("object-lock-mode"), lockMode)
        call.say(dialect.ownHeader("object-lock-retain-until-date"), lockUntil)
        call.say(dialect.ownHeader("object-lock-legal-hold"), legalHold)
        call.needsMD5 = true
    }

    func addCondition(to call: inout ObjectCall, _ dialect: Dialect) {
        switch condition {
        case .always: break
        case .absent where dialect.family == .obs: call.say("x-obs-forbid-overwrite", "true")
        case .absent: call.say("If-None-Match", "*")
        case .matches(let etag): call.say("If-Match", etag.quoted)
        }
    }
}
