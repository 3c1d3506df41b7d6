import ObjectStorage

/// How far a listing lags behind the writes: by time, or by a number of them.
struct ListingLag: Hashable, Sendable {
    var milliseconds: Int64?
    var writes: Int?
}

/// The latest changes of an index, so that it can be shown as it was. It holds on to what is gone: for tests only.
struct ChangeLog<Value> {
    fileprivate struct Change {
        var time: StoreTime
        var key: Key
        var old: Value?
    }

    private static var limit: Int { 10_000 }
    private var changes: [Change] = []

    /// Before each change of the index: what the key has until then.
    mutating func record(_ key: Key, _ old: Value?, now: StoreTime = .now) {
        if changes.count >= Self.limit { changes.removeFirst(Self.limit / 2) }
        changes.append(Change(time: now, key: key, old: old))
    }

    /// The index without the changes that a reader with that lag does not see yet.
    func shown(_ index: SortedIndex<Value>, _ lag: ListingLag, now: StoreTime = .now) -> SortedIndex<Value> {
        var hidden = min(lag.writes ?? 0, changes.count)
        if let milliseconds = lag.milliseconds {
            hidden = max(hidden, changes.reversed().prefix { now.milliseconds - $0.time.milliseconds < milliseconds }.count)
        }
        var index = index
        for change in changes.suffix(hidden).reversed() {
            if let old = change.old {
                index.set(change.key, old)
            } else {
                index.remove(change.key)
            }
        }
        return index
    }
}

extension ChangeLog: Sendable where Value: Sendable {}
extension ChangeLog.Change: Sendable where Value: Sendable {}
