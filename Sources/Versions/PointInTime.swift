package import FileSystemTypes

/// A moment of the past as a person writes it: `2026-03-14T09:26:53Z`, with an offset (`+02:00`) or a fraction, or how long ago it was: `90s`, `15m`,
/// `2h`, `3d`, `1w`.
///
/// Source: RFC 3339, 5.6.
package enum PointInTime {
    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]

    /// Nil for anything else.
    package static func parse(_ text: String, now: Timestamp) -> Timestamp? {
        if let unit = text.last, let seconds = units[unit], text.dropLast().allSatisfy(\.isASCIIDigit), let count = Int64(text.dropLast()) {
            let (ago, isTooMuch) = count.multipliedReportingOverflow(by: seconds)
            return isTooMuch || ago > now.seconds ? nil : Timestamp(seconds: now.seconds - ago, nanoseconds: now.nanoseconds)
        }
        guard let (local, offset) = split(text), let time = Timestamp(iso8601: local) else { return nil }
        return Timestamp(seconds: time.seconds - offset, nanoseconds: time.nanoseconds)
    }

    /// Date and time as if in UTC, and by how many seconds they are ahead of that.
    private static func split(_ text: String) -> (local: String, offset: Int64)? {
        if text.hasSuffix("Z") || text.hasSuffix("z") { return ("\(text.dropLast())Z", 0) }
        let bytes = Array(text.utf8)
        guard bytes.count > 6, bytes[bytes.count - 3] == UInt8(ascii: ":") else { return nil }
        let zone = text.suffix(6)
        guard let sign = zone.first, sign == "+" || sign == "-" else { return nil }
        let numbers = zone.dropFirst().split(separator: ":").map { Int64($0) }
        guard numbers.count == 2, let hours = numbers[0], let minutes = numbers[1], (0..<24).contains(hours), (0..<60).contains(minutes) else {
            return nil
        }
        return ("\(text.dropLast(6))Z", (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60))
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isWholeNumber }
}
