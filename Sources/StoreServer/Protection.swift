/// The protection policy of a bucket (IBM Cloud Object Storage, "immutable storage"): every object in it is kept for a time.
struct ProtectionPolicy: Hashable, Codable, Sendable {
    var minimumDays: Int64
    var defaultDays: Int64
    var maximumDays: Int64
    var allowsPermanent: Bool

    private static let longest: Int64 = 36_135

    /// Reads `<ProtectionConfiguration>`.
    init(_ root: XMLElement) throws(ServiceError) {
        func days(_ name: String) throws(ServiceError) -> Int64 {
            guard let text = root.child(name)?.text("Days"), let days = Int64(text.trimmed) else { throw .malformedXML }
            return days
        }
        guard root.name == "ProtectionConfiguration", root.text("Status")?.trimmed == "Retention" else { throw .malformedXML }
        minimumDays = try days("MinimumRetention")
        defaultDays = try days("DefaultRetention")
        maximumDays = try days("MaximumRetention")
        allowsPermanent = root.text("EnablePermanentRetention")?.trimmed.lowercased() == "true"
        guard 0 <= minimumDays, minimumDays <= defaultDays, defaultDays <= maximumDays, maximumDays <= Self.longest else {
            throw .invalidRequest(
                "The retention days must be 0 to \(Self.longest), the minimum not above the default, the default not above the maximum")
        }
    }

    func allows(seconds: Int64) -> Bool {
        switch seconds {
        case Protection.indefinite: true
        case Protection.permanent: allowsPermanent
        default: (minimumDays * 86400...maximumDays * 86400).contains(seconds)
        }
    }
}

/// How long one object in a protected bucket is kept, and its legal holds.
struct Protection: Hashable, Codable, Sendable {
    struct LegalHold: Hashable, Codable, Sendable {
        var id: String
        var addedMilliseconds: Int64
    }

    /// Until somebody gives it an end.
    static let indefinite: Int64 = -1
    /// For ever.
    static let permanent: Int64 = -2
    static let mostHolds = 100

    var createdMilliseconds: Int64
    /// From the object's creation, in seconds; or `indefinite`, or `permanent`.
    var seconds: Int64
    var legalHolds: [LegalHold] = []

    init(created: StoreTime, seconds: Int64) {
        createdMilliseconds = created.milliseconds
        self.seconds = seconds
    }

    var created: StoreTime { StoreTime(milliseconds: createdMilliseconds) }

    /// Nil where there is no end.
    var expiration: StoreTime? { seconds < 0 ? nil : created.adding(seconds: seconds) }

    func holds(now: StoreTime) -> Bool {
        if !legalHolds.isEmpty { return true }
        return expiration.map { now < $0 } ?? true
    }

    static func checkHoldID(_ id: String) throws(ServiceError) {
        let others = Set("!_.*()-'".utf8)
        let isValid =
            (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                others.contains(byte) || (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            }
        guard isValid else { throw .invalidArgument("A legal hold id has 1 to 64 letters, digits and ! _ . * ( ) - '") }
    }

    mutating func add(hold id: String, now: StoreTime) throws(ServiceError) {
        try Self.checkHoldID(id)
        guard !legalHolds.contains(where: { $0.id == id }) else {
            throw ServiceError(409, "OperationAborted", "There is a legal hold of that id already")
        }
        guard legalHolds.count < Self.mostHolds else { throw .invalidRequest("An object has at most \(Self.mostHolds) legal holds") }
        legalHolds.append(LegalHold(id: id, addedMilliseconds: now.milliseconds))
    }

    mutating func remove(hold id: String) throws(ServiceError) {
        try Self.checkHoldID(id)
        guard legalHolds.contains(where: { $0.id == id }) else { throw .invalidRequest("There is no legal hold of that id") }
        legalHolds.removeAll { $0.id == id }
    }

    /// Sets a period that is not shorter than the one there is.
    mutating func extend(to newSeconds: Int64, _ policy: ProtectionPolicy) throws(ServiceError) {
        guard seconds != Self.permanent else { throw .invalidRequest("The object is kept permanently") }
        guard newSeconds < 0 || newSeconds >= seconds else { throw .invalidRequest("A retention period cannot be made shorter") }
        guard policy.allows(seconds: newSeconds) else { throw .invalidRequest("The bucket's protection policy does not allow this retention period") }
        seconds = newSeconds
    }
}
