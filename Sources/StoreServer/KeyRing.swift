import Synchronization

/// Keys that end: what metadata services and token services hand out.
package struct IssuedKey: Hashable, Sendable {
    package var accessKey: String
    package var secretKey: String
    package var token: String
    package var expiration: StoreTime
}

/// The keys and tokens that requests may be signed with at this moment: one lasting pair, and those that were issued and have not ended.
package final class KeyRing: Sendable {
    struct Key: Sendable {
        var secretKey: String
        /// What a request must carry beside the signature; nil for the lasting pair.
        var token: String?
        var expiration: StoreTime?
    }

    fileprivate struct State {
        var keys: [String: Key]
        var tokens: [String: StoreTime] = [:]
        var lasting: (accessKey: String, secretKey: String)
        var lifetimeSeconds = KeyRing.usualLifetimeSeconds
    }

    static let usualLifetimeSeconds: Int64 = 3600
    /// How many issued ones are remembered; beyond that the first to end goes.
    private static let limit = 4096
    private let state: Mutex<State>

    package init(accessKey: String, secretKey: String) {
        state = Mutex(State(keys: [accessKey: Key(secretKey: secretKey)], lasting: (accessKey, secretKey)))
    }

    func key(_ accessKey: String) -> Key? { state.withLock { $0.keys[accessKey] } }

    /// The pair that does not end.
    package var lasting: (accessKey: String, secretKey: String) { state.withLock { $0.lasting } }

    /// For how long what is issued from now on lasts, in seconds.
    package var lifetimeSeconds: Int64 {
        get { state.withLock { $0.lifetimeSeconds } }
        set { state.withLock { $0.lifetimeSeconds = newValue } }
    }

    /// A new temporary pair; `seconds` only shortens the usual lifetime.
    package func issueKey(now: StoreTime, seconds: Int64? = nil) -> IssuedKey {
        state.withLock { state in
            let lifetime = min(seconds ?? state.lifetimeSeconds, state.lifetimeSeconds)
            let key = IssuedKey(
                accessKey: "TMP" + Self.random(8).uppercased(), secretKey: Self.random(20), token: "TKN+/" + Self.random(40) + "==",
                expiration: now.adding(seconds: lifetime))
            state.keys[key.accessKey] = Key(secretKey: key.secretKey, token: key.token, expiration: key.expiration)
            state.trim(limit: Self.limit)
            return key
        }
    }

    /// A new bearer token.
    package func issueToken(now: StoreTime) -> (text: String, lifetimeSeconds: Int64) {
        state.withLock { state in
            let text = "eyJ\(Self.random(20)).\(Self.random(40)).\(Self.random(20))"
            state.tokens[text] = now.adding(seconds: state.lifetimeSeconds)
            state.trim(limit: Self.limit)
            return (text, state.lifetimeSeconds)
        }
    }

    func isValid(token: String, now: StoreTime) -> Bool {
        state.withLock { state in state.tokens[token].map { now < $0 } ?? false }
    }

    /// Everything issued ends now; the lasting pair stays.
    package func revokeIssued() {
        state.withLock { state in
            state.tokens = [:]
            state.keys = state.keys.filter { $0.value.token == nil }
        }
    }

    /// Another lasting pair in place of the one before.
    package func replaceLasting(accessKey: String, secretKey: String) {
        state.withLock { state in
            state.keys[state.lasting.accessKey] = nil
            state.keys[accessKey] = Key(secretKey: secretKey)
            state.lasting = (accessKey, secretKey)
        }
    }

    /// A further pair beside the lasting one, good until it is removed; with a token it is good only with that.
    package func add(accessKey: String, secretKey: String, token: String?) {
        state.withLock { $0.keys[accessKey] = Key(secretKey: secretKey, token: token) }
    }

    package func remove(accessKey: String) {
        state.withLock { $0.keys[accessKey] = nil }
    }

    /// From now on a key is good only with this token, like one that was issued.
    package func requireToken(_ token: String, of accessKey: String) {
        state.withLock { $0.keys[accessKey]?.token = token }
    }

    /// Hexadecimal digits of so many random bytes.
    static func random(_ count: Int) -> String {
        Hex.encode((0..<count).map { _ in UInt8.random(in: 0...255) })
    }
}

extension KeyRing.State {
    fileprivate mutating func trim(limit: Int) {
        if tokens.count > limit, let first = tokens.min(by: { $0.value < $1.value }) { tokens[first.key] = nil }
        let issued = keys.compactMap { name, key in key.expiration.map { (name: name, end: $0) } }
        if issued.count > limit, let first = issued.min(by: { $0.end < $1.end }) { keys[first.name] = nil }
    }
}
