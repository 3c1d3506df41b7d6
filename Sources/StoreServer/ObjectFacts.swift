import Foundation

/// What one version of an object has besides its bytes, its ETag and its headers.
struct ObjectFacts: Hashable, Codable, Sendable {
    /// Nil for the null version, the only one there is where versioning was never enabled.
    var version: String?
    var isDeleteMarker = false
    var tags: [Tag] = []
    /// Nil where nobody but the owner may do anything.
    var access: AccessList?
    var lock = ObjectLock()
    /// In an IBM bucket with a protection policy.
    var protection: Protection?
    var encryption: Encryption?
    /// Of an object in an archive class.
    var restoration: Restoration?

    init() {}

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        version = try fields.decodeIfPresent(String.self, forKey: .version)
        isDeleteMarker = try fields.decodeIfPresent(Bool.self, forKey: .isDeleteMarker) ?? false
        tags = try fields.decodeIfPresent([Tag].self, forKey: .tags) ?? []
        access = try fields.decodeIfPresent(AccessList.self, forKey: .access)
        lock = try fields.decodeIfPresent(ObjectLock.self, forKey: .lock) ?? ObjectLock()
        protection = try fields.decodeIfPresent(Protection.self, forKey: .protection)
        encryption = try fields.decodeIfPresent(Encryption.self, forKey: .encryption)
        restoration = try fields.decodeIfPresent(Restoration.self, forKey: .restoration)
    }

    /// For the manifest; nothing where there is nothing to say, which is the case of most objects.
    var bytes: [UInt8] {
        self == ObjectFacts() ? [] : SettingsFile.bytes(of: self)
    }

    init?(bytes: [UInt8]) {
        if bytes.isEmpty {
            self.init()
        } else {
            guard let facts = SettingsFile.value(ObjectFacts.self, in: bytes) else { return nil }
            self = facts
        }
    }

    /// Why this version must not be deleted or overwritten now; nil where it may be.
    func hold(now: StoreTime, bypassesGovernance: Bool) -> ServiceError? {
        if lock.holds(now: now, bypassesGovernance: bypassesGovernance) { return .objectLocked }
        if let protection, protection.holds(now: now) { return .objectProtected }
        return nil
    }
}

/// Small settings as JSON on the disk.
enum SettingsFile {
    static func bytes(of value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // Only numbers that are none could fail, and there are no fractions in settings.
        return (try? encoder.encode(value)).map { Array($0) } ?? []
    }

    static func value<Value: Decodable>(_ type: Value.Type, in bytes: [UInt8]) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}

extension ServiceError {
    static let objectLocked = ServiceError(403, "AccessDenied", "Access Denied because object protected by object lock.")
    static let objectProtected = ServiceError(403, "AccessDenied", "Access Denied because the object is under retention or a legal hold.")
}
