extension Timestamp {
    /// `Sat, 14 Mar 2026 09:26:53 GMT` (IMF-fixdate, RFC 9110, 5.6.7); nil for anything else.
    package init?(httpDate text: String) {
        let words = text.split(separator: " ")
        guard words.count == 6, let day = Int(words[1]), let month = Self.months.firstIndex(of: String(words[2])) else { return nil }
        guard let year = Int(words[3]), let time = Self.time(words[4]) else { return nil }
        let civil = CivilTime(year: year, month: month + 1, day: day, hour: time.hour, minute: time.minute, second: time.second)
        guard let timestamp = civil.timestamp() else { return nil }
        self = timestamp
    }

    /// `20260314T092653Z` (the basic format of ISO 8601, in UTC); nil for anything else.
    package init?(basic text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int { Int(String(decoding: bytes[range], as: UTF8.self)) ?? -1 }
        let civil = CivilTime(
            year: number(0..<4), month: number(4..<6), day: number(6..<8), hour: number(9..<11), minute: number(11..<13), second: number(13..<15))
        guard let timestamp = civil.timestamp() else { return nil }
        self = timestamp
    }

    /// `2026-03-14T09:26:53.123Z`, with or without fraction and `Z` (ISO 8601 in UTC); nil for anything else.
    package init?(iso8601 text: String) {
        let halves = text.split(separator: "T", maxSplits: 1)
        guard halves.count == 2 else { return nil }
        let date = halves[0].split(separator: "-").map { Int($0) }
        let clock = halves[1].split(separator: "Z", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let parts = clock.split(separator: ".", maxSplits: 1)
        guard date.count == 3, let year = date[0], let month = date[1], let day = date[2] else { return nil }
        guard let first = parts.first, let time = Self.time(first) else { return nil }
        let civil = CivilTime(year: year, month: month, day: day, hour: time.hour, minute: time.minute, second: time.second)
        guard let timestamp = civil.timestamp(nanoseconds: Self.nanoseconds(parts.dropFirst().first)) else { return nil }
        self = timestamp
    }

    /// `2026-03-14T09:26:53Z`: the fraction is dropped.
    package var iso8601: String {
        let time = CivilTime(self)
        func pad(_ number: Int, _ width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = [pad(time.year, 4), pad(time.month), pad(time.day)].joined(separator: "-")
        return "\(date)T\([time.hour, time.minute, time.second].map { pad($0) }.joined(separator: ":"))Z"
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func time(_ text: Substring) -> (hour: Int, minute: Int, second: Int)? {
        let parts = text.split(separator: ":").map { Int($0) }
        guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2] else { return nil }
        return (hour, minute, second)
    }

    private static func nanoseconds(_ fraction: Substring?) -> Int32 {
        guard let fraction else { return 0 }
        let digits = fraction.prefix(9)
        let padded = digits + String(repeating: "0", count: 9 - digits.count)
        return max(0, Int32(padded) ?? 0)
    }
}
