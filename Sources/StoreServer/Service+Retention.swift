import NIOHTTP1
import ObjectStorage

extension Service {
    func getLockConfiguration(_ request: Request) throws -> Response {
        guard let lock = try bucket(request).rules.lock else {
            throw ServiceError(404, "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")
        }
        return .xml(
            document("ObjectLockConfiguration") { xml in
                xml.element("ObjectLockEnabled", "Enabled")
                guard let given = lock.defaultRetention else { return }
                xml.element("Rule") { xml in
                    xml.element("DefaultRetention") { xml in
                        xml.element("Mode", given.mode.rawValue)
                        xml.element(given.isYears ? "Years" : "Days", given.count)
                    }
                }
            })
    }

    /// A bucket with versions can be given locks; locks can never be taken away.
    func putLockConfiguration(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try bucket(request)
        guard let root = try await requestDocument(request, claim, protected: true) else { throw ServiceError.malformedXML }
        let lock = try LockConfiguration(root, dialect.features)
        try bucket.configure { rules, _ throws(ServiceError) in
            guard rules.versioning == .enabled else {
                throw ServiceError(
                    409, "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
            }
            rules.lock = lock
        }
        return Response(200)
    }

    func getRetention(_ request: Request) throws -> Response {
        let (_, object) = try findLockable(request)
        guard let retention = object.facts.lock.retention else { throw ServiceError.noSuchLock }
        return .xml(
            document("Retention") { xml in
                xml.element("Mode", retention.mode.rawValue)
                xml.element(
                    "RetainUntilDate", dialect.features.hasRetentionInMilliseconds ? String(retention.untilMilliseconds) : retention.until.isoText)
            })
    }

    func putRetention(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let (bucket, object) = try findLockable(request)
        guard let root = try await requestDocument(request, claim), root.name == "Retention" else { throw ServiceError.malformedXML }
        let new = root.children.isEmpty ? nil : try retention(mode: root.text("Mode"), until: root.text("RetainUntilDate"), now: request.now)
        let bypass = request.bypassesGovernance
        try bucket.update(object) { facts throws(ServiceError) in
            guard facts.lock.allows(new, now: request.now, bypassesGovernance: bypass) else { throw .objectLocked }
            facts.lock.retention = new
        }
        return Response(200)
    }

    func getLegalHold(_ request: Request) throws -> Response {
        let (_, object) = try findLockable(request)
        guard let hasHold = object.facts.lock.hasLegalHold else { throw ServiceError.noSuchLock }
        return .xml(document("LegalHold") { $0.element("Status", hasHold ? "ON" : "OFF") })
    }

    func putLegalHold(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let (bucket, object) = try findLockable(request)
        guard let root = try await requestDocument(request, claim), root.name == "LegalHold",
            let status = root.text("Status").flatMap({ Self.legalHold(String($0.trimmed)) })
        else { throw ServiceError.malformedXML }
        try bucket.update(object) { $0.lock.hasLegalHold = status }
        return Response(200)
    }

    private func findLockable(_ request: Request) throws(ServiceError) -> (Bucket, StoredObject) {
        guard try bucket(request).rules.lock != nil else { throw .noLockConfiguration }
        return try find(request)
    }

    private static func legalHold(_ text: String) -> Bool? {
        switch text {
        case "ON": true
        case "OFF": false
        default: nil
        }
    }

    private func retention(mode: String?, until: String?, now: StoreTime) throws(ServiceError) -> ObjectLock.Retention {
        guard let mode, let until else { throw .malformedXML }
        guard let mode = ObjectLock.Mode(rawValue: String(mode.trimmed)), dialect.features.lockModes.contains(mode.rawValue) else {
            throw .invalidArgument("Unknown wormMode directive.")
        }
        guard let time = StoreTime(retention: String(until.trimmed)) else {
            throw .invalidArgument("The retain until date must be provided in ISO 8601 format")
        }
        guard now < time else { throw .invalidArgument("The retain until date must be in the future!") }
        return ObjectLock.Retention(mode: mode, untilMilliseconds: time.milliseconds)
    }

    /// What the headers of an upload say. Such an upload must carry a hash of its body.
    func headerLock(_ request: Request, _ rules: BucketRules, isProtected: Bool) throws(ServiceError) -> ObjectLock {
        let (mode, until) = (request.own("object-lock-mode"), request.own("object-lock-retain-until-date"))
        let hold = request.own("object-lock-legal-hold")
        if mode == nil, until == nil, hold == nil { return ObjectLock() }
        guard rules.lock != nil else { throw .noLockConfiguration }
        guard isProtected else {
            throw .invalidRequest("Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters")
        }
        guard (mode == nil) == (until == nil) else {
            throw .invalidArgument("x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied")
        }
        var lock = ObjectLock()
        if mode != nil { lock.retention = try retention(mode: mode, until: until, now: request.now) }
        if let hold {
            guard let isOn = Self.legalHold(hold) else { throw .invalidArgument("Legal Hold must be either of 'ON' or 'OFF'") }
            lock.hasLegalHold = isOn
        }
        return lock
    }
}

extension Request {
    var bypassesGovernance: Bool { own("bypass-governance-retention")?.lowercased() == "true" }
}

extension StoreTime {
    /// As documents and headers of retention carry it: ISO 8601, RFC 1123, or milliseconds of UNIX time.
    init?(retention text: String) {
        if let milliseconds = Int64(text) {
            self.init(milliseconds: milliseconds)
        } else if let time = StoreTime(iso: text) ?? StoreTime(http: text) {
            self = time
        } else {
            return nil
        }
    }
}

extension ServiceError {
    static let noLockConfiguration = ServiceError.invalidRequest("Bucket is missing Object Lock Configuration")
    static let noSuchLock = ServiceError(
        404, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")
}

extension HTTPHeaders {
    mutating func add(_ lock: ObjectLock, _ dialect: Dialect) {
        if let retention = lock.retention {
            add(name: dialect.header("object-lock-mode"), value: retention.mode.rawValue)
            add(name: dialect.header("object-lock-retain-until-date"), value: retention.until.isoText)
        }
        if let hasHold = lock.hasLegalHold { add(name: dialect.header("object-lock-legal-hold"), value: hasHold ? "ON" : "OFF") }
    }
}
