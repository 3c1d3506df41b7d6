internal import FileSystemTypes

/// One trial of a probe: what is sent, and what the store makes of it.
extension CapabilityProbe {
    enum Answer {
        case done
        /// The condition was looked at and did not hold.
        case refused
        case notOffered
    }

    typealias Write = (WriteCondition) async throws(StoreError) -> Void

    /// An ETag that no object has.
    private static let wrong = ETag("00000000000000000000000000000000")

    /// What the store says. One that does not answer, or does not know us, says nothing about what it can do.
    func answer(_ body: () async throws(StoreError) -> Void) async throws(StoreError) -> Answer {
        do throws(StoreError) {
            try await body()
            return .done
        } catch {
            switch error.reason {
            case .preconditionFailed, .conflict: return .refused
            case .unsupported, .invalidRequest, .invalidPart, .invalidRange, .wrongPosition, .notAppendable, .accessDenied: return .notOffered
            default: throw error
            }
        }
    }

    /// Whether a write over `scratch` is kept from replacing what is there.
    func holdsAbsence(_ write: Write) async throws(StoreError) -> Bool {
        try await answer { () throws(StoreError) in try await write(.absent) } == .refused
    }

    /// Whether a write is kept from replacing (or taking) another version of `scratch`, and done with the right one.
    func holdsMatches(_ write: Write) async throws(StoreError) -> Bool {
        guard try await answer({ () throws(StoreError) in try await write(.matches(Self.wrong)) }) == .refused else { return false }
        guard let current = try await store.head(scratch, ReadConditions()).etag else { return false }
        return try await answer { () throws(StoreError) in try await write(.matches(current)) } == .done
    }

    /// The upload is gone afterwards, whether `body` has completed it or not; where it cannot be aborted, that is the failure.
    func withUpload(_ key: Key, _ body: (Upload) async throws(StoreError) -> Void) async throws(StoreError) {
        let upload = Upload(key: key, id: try await store.createUpload(key, ObjectAttributes()))
        do throws(StoreError) {
            try await body(upload)
        } catch {
            try await store.abortUpload(upload)
            throw error
        }
    }

    func text(_ text: String) -> BytesSource {
        BytesSource(Bytes(Array(text.utf8)))
    }
}

extension WriteCondition {
    var etag: ETag? {
        if case .matches(let etag) = self { etag } else { nil }
    }
}

/// `.windlass-probe-0123456789abcdef` and, with `-b` or `-c` at the end, its companions.
struct ScratchName: Hashable {
    enum Kind: String, CaseIterable {
        case object = ""
        case copy = "-b"
        case log = "-c"
    }

    private static let stem = ".windlass-probe-"
    private static let digits = 16

    let key: Key

    init(folder: String, token: String, kind: Kind) {
        key = Key(folder + Self.stem + token + kind.rawValue)
    }

    /// Nil for any other key: what is not ours is left alone.
    init?(_ key: Key, folder: String) {
        guard let text = String(validating: key.bytes, as: UTF8.self), text.hasPrefix(folder + Self.stem) else { return nil }
        let rest = text.dropFirst((folder + Self.stem).count)
        let kinds = Kind.allCases.map { Substring($0.rawValue) }
        guard rest.prefix(Self.digits).allSatisfy({ "0123456789abcdef".contains($0) }), rest.count >= Self.digits,
            kinds.contains(rest.dropFirst(Self.digits))
        else { return nil }
        self.key = key
    }

    static func prefix(_ folder: String) -> Key { Key(folder + stem) }

    static func newToken() -> String {
        let text = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
