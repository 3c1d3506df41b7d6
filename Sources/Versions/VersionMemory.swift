internal import ObjectStorage
internal import Synchronization

/// One version of one object.
struct VersionPlace: Hashable, Sendable {
    let key: Key
    let version: VersionID
}

/// Which version a key of the view stands for, as the store has told it. Bounded: what was not asked for lately is forgotten, and asked again.
final class VersionMemory: Sendable {
    private struct State {
        var recent: [Key: VersionPlace] = [:]
        var older: [Key: VersionPlace] = [:]
    }

    /// Of each of the two generations.
    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int = 10_000) {
        self.limit = limit
    }

    var count: Int { state.withLock { $0.recent.count + $0.older.count } }

    subscript(key: Key) -> VersionPlace? {
        let found = state.withLock { (recent: $0.recent[key], older: $0.older[key]) }
        if found.recent == nil, let place = found.older { note(place, as: key) }
        return found.recent ?? found.older
    }

    func note(_ place: VersionPlace, as key: Key) {
        state.withLock { state in
            if state.recent.count >= limit {
                state.older = state.recent
                state.recent = [:]
            }
            state.recent[key] = place
        }
    }

    func forget(_ key: Key) {
        state.withLock { state in
            state.recent[key] = nil
            state.older[key] = nil
        }
    }
}
