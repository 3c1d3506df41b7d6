import NIOHTTP1
import ObjectStorage

/// IBM's immutable storage: a policy on the bucket, a retention period and legal holds on each object.
extension Service {
    func getProtection(_ request: Request) throws -> Response {
        let policy = try bucket(request).rules.protection
        return .xml(
            document("ProtectionConfiguration") { xml in
                xml.element("Status", policy == nil ? "Disabled" : "Retention")
                guard let policy else { return }
                xml.element("MinimumRetention") { $0.element("Days", policy.minimumDays) }
                xml.element("DefaultRetention") { $0.element("Days", policy.defaultDays) }
                xml.element("MaximumRetention") { $0.element("Days", policy.maximumDays) }
                if policy.allowsPermanent { xml.element("EnablePermanentRetention", true) }
            })
    }

    /// The first policy is for an empty bucket; it can be changed afterwards, never removed.
    func putProtection(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        guard let root = try await requestDocument(request, claim, protected: true) else { throw ServiceError.malformedXML }
        let policy = try ProtectionPolicy(root)
        try bucket.configure { rules, isEmpty throws(ServiceError) in
            guard rules.protection != nil || (isEmpty && rules.versioning == nil) else {
                throw ServiceError(409, "InvalidBucketState", "A protection policy is for empty buckets without versions")
            }
            rules.protection = policy
        }
        return Response(200)
    }

    /// What the headers of an upload ask for; nil where the bucket's default is to be taken.
    func headerProtection(_ request: Request, _ rules: BucketRules, isProtected: Bool) throws(ServiceError) -> Protection? {
        let (period, date) = (request.header("retention-period"), request.header("retention-expiration-date"))
        let hold = request.header("retention-legal-hold-id")
        guard let policy = rules.protection else {
            guard period == nil, date == nil, hold == nil else { throw .invalidRequest("The bucket has no protection policy") }
            return nil
        }
        guard isProtected else { throw .invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*") }
        guard period == nil || date == nil else {
            throw .invalidRequest("Retention-Period and Retention-Expiration-Date cannot both be given")
        }
        var protection = Protection(created: request.now, seconds: policy.defaultDays * 86400)
        if let period { protection.seconds = try Self.seconds(period) }
        if let date { protection.seconds = try Self.seconds(until: date, from: request.now) }
        guard policy.allows(seconds: protection.seconds) else {
            throw .invalidRequest("The bucket's protection policy does not allow this retention period")
        }
        if let hold { try protection.add(hold: hold, now: request.now) }
        return protection
    }

    private static func seconds(_ text: String) throws(ServiceError) -> Int64 {
        guard let seconds = Int64(text), seconds >= Protection.permanent else { throw .invalidArgument("A retention period is a number of seconds") }
        return seconds
    }

    private static func seconds(until text: String, from created: StoreTime) throws(ServiceError) -> Int64 {
        guard let date = StoreTime(iso: text) ?? StoreTime(http: text) else { throw .invalidArgument("The retention's expiration is not a date") }
        return max(0, date.seconds - created.seconds)
    }

    func addLegalHold(_ request: Request) throws -> Response {
        let (bucket, object) = try find(request)
        let id = request.target["add"] ?? ""
        try bucket.update(object) { facts throws(ServiceError) in
            guard facts.protection != nil else { throw .unprotected }
            try facts.protection?.add(hold: id, now: request.now)
        }
        return Response(200)
    }

    func deleteLegalHold(_ request: Request) throws -> Response {
        let (bucket, object) = try find(request)
        let id = request.target["remove"] ?? ""
        try bucket.update(object) { facts throws(ServiceError) in
            guard facts.protection != nil else { throw .unprotected }
            try facts.protection?.remove(hold: id)
        }
        return Response(200)
    }

    /// In both forms: the documented one, and the one that IBM's own SDK reads.
    func listLegalHolds(_ request: Request) throws -> Response {
        let (_, object) = try find(request)
        guard let protection = object.facts.protection else {
            throw ServiceError(404, "NoSuchRetentionState", "The object has no retention")
        }
        return .xml(
            document("RetentionState") { xml in
                xml.element("CreateTime", protection.created.httpText)
                xml.element("RetentionPeriod", protection.seconds)
                xml.optional("RetentionPeriodExpirationDate", protection.expiration?.httpText)
                for (set, item) in [("LegalHoldSet", "LegalHold"), ("LegalHolds", "member")] {
                    xml.element(set) { xml in
                        for hold in protection.legalHolds {
                            xml.element(item) { xml in
                                xml.element("ID", hold.id)
                                xml.element("Date", StoreTime(milliseconds: hold.addedMilliseconds).httpText)
                            }
                        }
                    }
                }
            })
    }

    /// By exactly one of four headers.
    func extendRetention(_ request: Request) throws -> Response {
        let (bucket, object) = try find(request)
        guard let policy = bucket.rules.protection else { throw ServiceError.unprotected }
        let forms = ["additional-retention-period", "extend-retention-from-current-time", "new-retention-period", "new-retention-expiration-date"]
        let given = forms.filter { request.header($0) != nil }
        guard given.count == 1, let text = request.header(given[0]) else {
            throw ServiceError.invalidRequest("Exactly one of the headers that extend a retention must be given")
        }
        try bucket.update(object) { facts throws(ServiceError) in
            guard var protection = facts.protection else { throw .unprotected }
            let seconds =
                switch given[0] {
                case forms[0]: max(0, protection.seconds) + (try Self.seconds(text))
                case forms[1]: request.now.seconds - protection.created.seconds + (try Self.seconds(text))
                case forms[2]: try Self.seconds(text)
                default: try Self.seconds(until: text, from: protection.created)
                }
            try protection.extend(to: seconds, policy)
            facts.protection = protection
        }
        return Response(200)
    }
}

extension ServiceError {
    static let unprotected = ServiceError.invalidRequest("The object has no retention")
}

extension HTTPHeaders {
    mutating func add(_ protection: Protection?) {
        guard let protection else { return }
        add(name: "Retention-Period", value: String(protection.seconds))
        if let expiration = protection.expiration { add(name: "Retention-Expiration-Date", value: expiration.isoText) }
        add(name: "Retention-Legal-Hold-Count", value: String(protection.legalHolds.count))
    }
}
