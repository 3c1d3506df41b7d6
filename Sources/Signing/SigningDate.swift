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

    private func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
