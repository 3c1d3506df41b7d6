import FileSystemTypes

/// A moment in milliseconds of UNIX time, and how the service writes and reads it.
package struct StoreTime: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static var now: StoreTime {
        let now = Timestamp.now
        return StoreTime(milliseconds: now.seconds * 1000 + Int64(now.nanoseconds) / 1_000_000)
    }

    package var seconds: Int64 { milliseconds.flooredQuotient(1000) }

    package static func < (left: StoreTime, right: StoreTime) -> Bool { left.milliseconds < right.milliseconds }

    func adding(seconds: Int64) -> StoreTime { StoreTime(milliseconds: milliseconds + seconds * 1000) }
}

extension StoreTime {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// As headers carry it, in whole seconds (RFC 9110, 5.6.7).
    package var httpText: String {
        let date = CivilDate(day: seconds.flooredQuotient(86400))
        let weekday = Int((date.day % 7 + 7) % 7)
        return "\(Self.weekdays[weekday]), \(pad(date.dayOfMonth, 2)) \(Self.months[Int(date.month) - 1]) \(pad(date.year, 4)) \(clockText) GMT"
    }

    /// As XML carries it: `2026-03-14T09:26:53.123Z`.
    package var isoText: String {
        let date = CivilDate(day: seconds.flooredQuotient(86400))
        let fraction = milliseconds - seconds * 1000
        return "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.dayOfMonth, 2))T\(clockText).\(pad(fraction, 3))Z"
    }

    private var clockText: String {
        let second = seconds - seconds.flooredQuotient(86400) * 86400
        return "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
    }

    /// Reads `20260314T092653Z`.
    package init?(basicISO text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        let digits = Array(text)
        func number(_ range: Range<Int>) -> Int64? { Int64(String(digits[range])) }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), let hour = number(9..<11),
            let minute = number(11..<13), let second = number(13..<15)
        else { return nil }
        self.init(year: year, month: month, day: day, second: hour * 3600 + minute * 60 + second)
    }

    /// Reads `2026-03-14T09:26:53Z`, also with a fraction, which is dropped, and without the Z.
    package init?(iso text: String) {
        let whole = text.trimmed.prefix { $0 != "." && $0 != "Z" && $0 != "+" }
        guard whole.utf8.count == 19 else { return nil }
        self.init(basicISO: String(whole.filter { $0 != "-" && $0 != ":" }) + "Z")
    }

    /// Reads `Sat, 14 Mar 2026 09:26:53 GMT`, also with `+0000`.
    package init?(http text: String) {
        let words = text.split(separator: " ")
        guard words.count == 6, let day = Int64(words[1]), let year = Int64(words[3]) else { return nil }
        guard let month = Self.months.firstIndex(of: String(words[2])) else { return nil }
        let clock = words[4].split(separator: ":").compactMap { Int64($0) }
        guard clock.count == 3, words[5] == "GMT" || words[5] == "+0000" || words[5] == "UTC" else { return nil }
        self.init(year: year, month: Int64(month + 1), day: day, second: clock[0] * 3600 + clock[1] * 60 + clock[2])
    }

    private init?(year: Int64, month: Int64, day: Int64, second: Int64) {
        guard (1...12).contains(month), (1...31).contains(day), (0..<86401).contains(second), (1...9999).contains(year) else { return nil }
        self.init(milliseconds: (CivilDate.day(year: year, month: month, dayOfMonth: day) * 86400 + second) * 1000)
    }

    private func pad(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// A day of the Gregorian calendar, counted from 1970-01-01.
struct CivilDate {
    let day: Int64
    let year: Int64
    let month: Int64
    let dayOfMonth: Int64

    /// Counts years from March, so that the leap day is a year's last, in eras of 400 years, which all have the same number of days.
    init(day: Int64) {
        self.day = day
        let shifted = day + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        dayOfMonth = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    static func day(year: Int64, month: Int64, dayOfMonth: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear.flooredQuotient(400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + dayOfMonth - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    /// Rounded down, also below zero.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
