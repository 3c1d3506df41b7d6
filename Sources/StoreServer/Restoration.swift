/// The readable copy of an archived object.
struct Restoration: Hashable, Codable, Sendable {
    /// From when on there is one.
    var readyMilliseconds: Int64
    /// Until when.
    var expiresMilliseconds: Int64

    func isOngoing(now: StoreTime) -> Bool { now.milliseconds < readyMilliseconds }

    func isReadable(now: StoreTime) -> Bool { !isOngoing(now: now) && now.milliseconds < expiresMilliseconds }

    /// As the `restore` header says it; nil when the copy is gone again.
    func headerText(now: StoreTime) -> String? {
        if isOngoing(now: now) { return "ongoing-request=\"true\"" }
        guard isReadable(now: now) else { return nil }
        return "ongoing-request=\"false\", expiry-date=\"\(StoreTime(milliseconds: expiresMilliseconds).httpText)\""
    }
}
