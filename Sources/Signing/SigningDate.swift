package import FileSystemTypes

/// A moment in the forms that signatures use, always in UTC.
package struct SigningDate: Hashable, Sendable {
    package let timestamp: Timestamp
    private let calendar: CivilTime

    package init(_ timestamp: Timestamp) {
        self.timestamp = timestamp
        calendar = CivilTime(timestamp)
    }

    /// `20260314`
    package var day: String {
        pad(calendar.year, 4) + pad(calendar.month, 2) + pad(calendar.day, 2)
    }

    /// `20260314T092653Z` (ISO 8601 basic format)
    package var basic: String {
        day + "T" + pad(calendar.hour, 2) + pad(calendar.minute, 2) + pad(calendar.second, 2) + "Z"
    }

    /// `Sat, 14 Mar 2026 09:26:53 GMT` (RFC 1123)
    package var http: String {
        let days = timestamp.seconds >= 0 ? timestamp.seconds / 86_400 : (timestamp.seconds - 86_399) / 86_400
        let weekday = Self.weekdays[Int((days % 7 + 7) % 7)]
        let clock = [calendar.hour, calendar.minute, calendar.second].map { pad($0, 2) }.joined(separator: ":")
        return "\(weekday), \(pad(calendar.day, 2)) \(Self.months[calendar.month - 1]) \(pad(calendar.year, 4)) \(clock) GMT"
    }

    /// From the weekday of 1970-01-01 on.
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
