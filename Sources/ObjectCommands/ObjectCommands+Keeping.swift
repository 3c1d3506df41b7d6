internal import FileSystemTypes
package import ObjectStorage
internal import RemoteStore

/// What a restoration is at a moment.
package enum RestorationState: Hashable, Sendable {
    case none
    case ongoing
    /// With what the store says of its end.
    case readable(String)
}

/// Archives, retention and holds.
extension ObjectCommands {
    /// True where it begins, false where what is restored already stays longer. `tier` in the store's words.
    package func restore(_ key: Key, version: String? = nil, days: Int, tier: String?) async throws(StoreError) -> Bool {
        try ObjectFeature.restoration.check(dialect)
        let isNative = dialect.ownHeader("") == "x-obs-"
        let tier = tier ?? (dialect.family == .cos ? "Bulk" : "Standard")
        let document = XMLWriter.document("RestoreRequest") { xml in
            xml.element("Days", String(days))
            xml.element(isNative ? "RestoreJob" : "GlacierJobParameters") { $0.element("Tier", tier) }
        }
        return try await objects.send(subresource("POST", key, "restore", version, document)).status == 202
    }

    package func restoration(of key: Key, version: String? = nil) async throws(StoreError) -> RestorationState {
        var wish = ReadWish()
        wish.version = version
        guard let text = try await stat(key, wish)[header("restore")] else { return .none }
        return text.contains("ongoing-request=\"true\"") ? .ongoing : .readable(text)
    }

    // MARK: Retention

    /// How IBM COS makes a retention longer.
    package enum Extension: Hashable, Sendable {
        /// Seconds from the making of the object on; -1 for as long as nobody says otherwise.
        case period(Int64)
        /// Seconds more than now.
        case additional(Int64)
        /// Seconds from now on.
        case fromNow(Int64)
        /// An ISO 8601 date.
        case until(String)

        var field: (name: String, value: String) {
            switch self {
            case .period(let seconds): ("New-Retention-Period", String(seconds))
            case .additional(let seconds): ("Additional-Retention-Period", String(seconds))
            case .fromNow(let seconds): ("Extend-Retention-From-Current-Time", String(seconds))
            case .until(let date): ("New-Retention-Expiration-Date", date)
            }
        }
    }

    /// What the store says of it, as lines of a name and a value; empty where there is none.
    package func retention(of key: Key, version: String? = nil) async throws(StoreError) -> [(name: String, value: String)] {
        try ObjectFeature.retention.check(dialect)
        if dialect.family == .cos { return try await retentionAtIBM(of: key, version) }
        do throws(StoreError) {
            let root = try await objects.send(subresource("GET", key, "retention", version)).element("Retention")
            return root.children.filter { !$0.text.isEmpty }.map { (Self.dashed($0.name), readable($0)) }
        } catch {
            guard error.serviceCode?.hasSuffix("LockConfiguration") == true else { throw error }
            return []
        }
    }

    /// Its own, of buckets with a protection policy, or Amazon's, of buckets with an object lock: no bucket has both.
    private func retentionAtIBM(of key: Key, _ version: String?) async throws(StoreError) -> [(name: String, value: String)] {
        var wish = ReadWish()
        wish.version = version
        let head = try await stat(key, wish)
        let own = head.headers.filter { $0.name.hasPrefix("retention-") }
        guard own.isEmpty else { return own }
        return ["mode", "retain-until-date"].compactMap { name in head[header("object-lock-\(name)")].map { (name: name, value: $0) } }
    }

    /// `RetainUntilDate` as `retain-until-date`.
    private static func dashed(_ name: String) -> String {
        name.reduce(into: "") { text, letter in
            if letter.isUppercase, !text.isEmpty { text += "-" }
            text += letter.lowercased()
        }
    }

    /// OBS counts in milliseconds of UNIX time.
    private func readable(_ element: XMLElement) -> String {
        guard dialect.family == .obs, let milliseconds = Int64(element.text) else { return element.text }
        return Timestamp(seconds: milliseconds / 1000).iso8601
    }

    /// In Amazon's form: a mode and an ISO 8601 date; no mode takes a retention of the mode GOVERNANCE away.
    package func setRetention(
        of key: Key, version: String? = nil, mode: String?, until: String?, bypassesGovernance: Bool
    ) async throws(StoreError) {
        try ObjectFeature.retention.check(dialect)
        var date = until
        if let until {
            guard let moment = Timestamp(iso8601: until) else { throw Self.invalid("a date is written as in 2030-01-31T00:00:00Z") }
            if dialect.family == .obs { date = String(moment.seconds * 1000) }
        }
        let document = XMLWriter.document("Retention") { xml in
            if let mode { xml.element("Mode", mode) }
            if let date { xml.element("RetainUntilDate", date) }
        }
        try await checkKnown("retention", root: "Retention", of: key, version)
        var call = subresource("PUT", key, "retention", version, document)
        if bypassesGovernance { call.say(header("bypass-governance-retention"), "true") }
        try await sendLock(
            call,
            without: StoreError(
                .unsupported, "the bucket has no object lock; IBM's own retention is made longer only: windlass object retention extend"))
    }

    /// A lock in Amazon's form. IBM COS has it in buckets with an object lock; `error` is what is said of others.
    private func sendLock(_ call: ObjectCall, without error: StoreError) async throws(StoreError) {
        do throws(StoreError) {
            _ = try await objects.send(call)
        } catch let refusal {
            let isMissing = dialect.family == .cos && (refusal.status == 400 || refusal.status == 404) && refusal.serviceCode != "NoSuchKey"
            throw isMissing ? error : refusal
        }
    }

    package func extendRetention(of key: Key, _ extension: Extension) async throws(StoreError) {
        guard dialect.family == .cos else {
            try ObjectFeature.retention.check(dialect)
            throw StoreError(.unsupported, "\(dialect.family.title) has no periods to extend; set a later date: windlass object retention set")
        }
        var call = subresource("POST", key, "extendRetention")
        let field = `extension`.field
        call.say(field.name, field.value)
        _ = try await objects.send(call)
    }

    // MARK: Holds

    /// One of the holds on an object, by its name where there are several.
    package struct Hold: Hashable, Sendable {
        package var id: String
        package var since: String?
    }

    /// Elsewhere than in buckets of IBM COS with a protection policy there is at most one, `ON`.
    package func holds(on key: Key, version: String? = nil) async throws(StoreError) -> [Hold] {
        try ObjectFeature.legalHold.check(dialect)
        if dialect.family == .cos {
            let named = try await namedHolds(on: key, version)
            if !named.isEmpty { return named }
        }
        do throws(StoreError) {
            let status = try await objects.send(subresource("GET", key, "legal-hold", version)).element("LegalHold").text("Status")
            return status == "ON" ? [Hold(id: "ON")] : []
        } catch {
            let isNone = error.serviceCode == "NoSuchObjectLockConfiguration" || (dialect.family == .cos && error.status == 400)
            guard isNone else { throw error }
            return []
        }
    }

    /// Those of IBM COS.
    private func namedHolds(on key: Key, _ version: String?) async throws(StoreError) -> [Hold] {
        do throws(StoreError) {
            let set = try await objects.send(subresource("GET", key, "legalHold", version)).element("RetentionState").first("LegalHoldSet")
            return (set?.all("LegalHold") ?? []).map { Hold(id: $0.text("ID") ?? "", since: $0.text("Date")) }
        } catch {
            guard error.serviceCode == "NoSuchRetentionState" else { throw error }
            return []
        }
    }

    /// `name` is for buckets of IBM COS with a protection policy, where it is needed, and for nobody else.
    package func setHold(on key: Key, version: String? = nil, name: String?, isOn: Bool) async throws(StoreError) {
        try ObjectFeature.legalHold.check(dialect)
        if dialect.family == .cos, let name {
            var call = subresource("POST", key, "legalHold")
            call.ask(isOn ? "add" : "remove", name)
            _ = try await objects.send(call)
            return
        }
        guard name == nil else { throw Self.invalid("a hold has a name in IBM Cloud Object Storage only; leave it out") }
        try await checkKnown("legal-hold", root: "LegalHold", of: key, version)
        let document = XMLWriter.document("LegalHold") { $0.element("Status", isOn ? "ON" : "OFF") }
        try await sendLock(
            subresource("PUT", key, "legal-hold", version, document),
            without: Self.invalid("the bucket has no object lock; IBM's own holds have names: give one"))
    }
}
