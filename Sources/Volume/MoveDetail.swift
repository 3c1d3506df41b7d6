internal import ObjectStorage
internal import Staging

/// How a rename of many objects is made and how far it has come: what its intent in the journal says beside the two names.
///
/// `phase` only grows, and is recorded before the first request that belongs to it. A crash in phase 0 is taken back: everything is still
/// under its old name. A crash later is gone on with: everything has been copied.
struct MoveDetail: Hashable, Sendable {
    enum Kind: UInt8, Sendable {
        /// Copies, then deletions.
        case copies = 0
        /// One request of the store.
        case native
        /// Two names change places by copies through a third, hidden one: A to the third (0), B to A (1), the third to B (2); the third
        /// goes (3).
        case exchange
        /// The same by three renames of the store.
        case nativeExchange
    }

    var kind: Kind
    var phase: UInt8 = 0
    /// In the hidden name, so that no two mounts use the same.
    var token: UInt64
    /// The marker of the empty folder that is replaced, so that it can be put back.
    var replacedMarker: ObjectAttributes?

    init(_ kind: Kind, replacedMarker: ObjectAttributes? = nil) {
        self.kind = kind
        self.replacedMarker = replacedMarker
        token = UInt64.random(in: 0...UInt64.max)
    }

    private static let format: UInt8 = 1

    var encoded: [UInt8] {
        let token = stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: self.token >> UInt64($0)) }
        return [Self.format, kind.rawValue, phase, replacedMarker == nil ? 0 : 1] + token + (replacedMarker?.encoded ?? [])
    }

    /// Nil when `bytes` is not what `encoded` gives.
    init?(decoding bytes: [UInt8]) {
        guard bytes.count >= 12, bytes[0] == Self.format, let kind = Kind(rawValue: bytes[1]) else { return nil }
        self.kind = kind
        phase = bytes[2]
        token = (0..<8).reduce(0) { $0 | UInt64(bytes[4 + $1]) << UInt64(8 * $1) }
        guard bytes[3] == 1 else { return }
        guard let marker = ObjectAttributes(encoded: Array(bytes[12...])) else { return nil }
        replacedMarker = marker
    }

    /// The hidden name that a file, or a folder (`isFolder`), has in between.
    func hidden(below prefix: Key, isFolder: Bool) -> Key {
        Key(prefix.bytes + Array(".windlass-exchange-\(String(token, radix: 16))\(isFolder ? "/" : "")".utf8))
    }
}
