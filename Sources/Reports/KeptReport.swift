/// Something that a state folder keeps for its user.
package struct KeptReport: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable {
        /// Written and not yet in the store: a mount, or `windlass recover --retry`, uploads it.
        case waiting
        /// The store has another version than the one the changes are based on.
        case conflict
        /// The store refused it for good.
        case failed
        /// What was written is in the store, under `copy`: `--on-conflict=keep-both`.
        case copied
        /// An object that is to be deleted.
        case deletion
    }

    /// As `String(escaping:)` shows it.
    package var key: String
    package var state: State
    /// Of the whole file; nil where nothing but a note is kept.
    package var bytes: Int64?
    /// Seconds since 1970 at which the first of the changes was made.
    package var since: Int64
    /// One line for people.
    package var why: String
    /// Where the version written here is in the store.
    package var copy: String?

    package init(key: String, state: State, bytes: Int64?, since: Int64, why: String, copy: String? = nil) {
        self.key = key
        self.state = state
        self.bytes = bytes
        self.since = since
        self.why = why
        self.copy = copy
    }
}
