import Crypto

/// All versions of one key, the latest first. Never empty.
struct VersionStack: Sendable {
    private(set) var latest: StoredObject
    private(set) var older: [StoredObject] = []

    init(_ only: StoredObject) {
        latest = only
    }

    private init?(_ versions: [StoredObject]) {
        guard let first = versions.first else { return nil }
        latest = first
        older = Array(versions.dropFirst())
    }

    var all: [StoredObject] { [latest] + older }

    /// What a reader who names no version finds; nil behind a delete marker.
    var live: StoredObject? { latest.facts.isDeleteMarker ? nil : latest }

    /// `null` names the one without an id.
    func version(_ id: String) -> StoredObject? {
        let wanted = id == VersionID.null ? nil : id
        return all.first { $0.facts.version == wanted }
    }

    /// What `object` takes the place of: a version with the same id, which only null versions can share.
    func replaced(by object: StoredObject) -> StoredObject? {
        all.first { $0.facts.version == object.facts.version }
    }

    /// Puts a version where its generation belongs.
    mutating func insert(_ object: StoredObject) {
        let rest = all.filter { $0.facts.version != object.facts.version }
        let versions = (rest + [object]).sorted { $0.manifest.generation > $1.manifest.generation }
        latest = versions[0]
        older = Array(versions.dropFirst())
    }

    /// Nil where that was the last.
    func without(_ object: StoredObject) -> VersionStack? {
        VersionStack(all.filter { $0 !== object })
    }
}

/// The names of versions: 32 characters, opaque to clients.
enum VersionID {
    static let null = "null"

    static func make(generation: UInt64) -> String {
        Hex.encode(SHA256.hash(data: Array("version \(generation)".utf8)).prefix(16))
    }
}
