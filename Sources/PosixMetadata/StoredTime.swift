internal import FileSystemTypes

/// How tools write a time into metadata.
enum StoredTime {
    enum Form: Hashable, Sendable {
        /// `1700000000.123456789`: s3fs, and rclone, which leaves out zeros at the end.
        case fraction
        /// `1700000000`
        case seconds
        /// `1700000000123456789ns`
        case nanoseconds
        /// `2023-11-14T22:13:20.123456789Z` (RFC 3339)
        case dateAndTime
    }

    /// Reads every form; nil for anything else.
    ///
    /// Before 1970, a fraction counts forward from the second, as s3fs writes it: `-2.5` is a second and a half before.
    static func read(_ text: String) -> Timestamp? {
        for (unit, perSecond) in units where text.hasSuffix(unit) {
            return scaled(text.dropLast(unit.count), perSecond)
        }
        if text.contains("T") { return dateAndTime(text) }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let seconds = integer(parts[0]) else { return nil }
        guard parts.count == 2 else { return whole(seconds) }
        return nanoseconds(parts[1]).map { Timestamp(seconds: seconds, nanoseconds: $0) }
    }

    static func text(_ time: Timestamp, _ form: Form) -> String {
        let digits = padded(time.nanoseconds)
        return switch form {
        case .fraction: "\(time.seconds).\(digits)"
        case .seconds: "\(time.seconds)"
        case .nanoseconds: nanosecondsText(time)
        case .dateAndTime: dateText(time, digits)
        }
    }

    private static let units: [(String, Int64)] = [("ns", 1_000_000_000), ("us", 1_000_000), ("ms", 1000), ("s", 1)]

    /// A whole number without a unit: so large that it cannot be seconds, it is milliseconds, microseconds or nanoseconds.
    private static func whole(_ number: Int64) -> Timestamp? {
        switch number.magnitude {
        case ..<100_000_000_000: Timestamp(seconds: number)
        case ..<100_000_000_000_000: scaled(number, 1000)
        case ..<100_000_000_000_000_000: scaled(number, 1_000_000)
        default: scaled(number, 1_000_000_000)
        }
    }

    private static func scaled(_ text: Substring, _ perSecond: Int64) -> Timestamp? {
        integer(text).map { scaled($0, perSecond) }
    }

    private static func scaled(_ number: Int64, _ perSecond: Int64) -> Timestamp {
        let rest = (number % perSecond + perSecond) % perSecond
        let seconds = number / perSecond - (number % perSecond < 0 ? 1 : 0)
        return Timestamp(seconds: seconds, nanoseconds: Int32(rest * (1_000_000_000 / perSecond)))
    }

    private static func integer(_ text: Substring) -> Int64? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text
        guard isDigits(digits) else { return nil }
        return Int64(text)
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// What is finer than a nanosecond is dropped.
    private static func nanoseconds(_ fraction: Substring) -> Int32? {
        guard isDigits(fraction) else { return nil }
        let digits = fraction.prefix(9)
        return Int32(digits + String(repeating: "0", count: 9 - digits.count))
    }

    private static func padded(_ nanoseconds: Int32) -> String {
        let digits = String(nanoseconds)
        return String(repeating: "0", count: 9 - digits.count) + digits
    }
}

// RFC 3339, 5.6.
extension StoredTime {
    private static func dateAndTime(_ text: String) -> Timestamp? {
        let bytes = Array(text.utf8)
        guard bytes.count > 19, bytes[4] == dash, bytes[7] == dash, bytes[10] == letterT, bytes[13] == colon, bytes[16] == colon else { return nil }
        func number(_ range: Range<Int>) -> Int {
            let digits = Substring(String(decoding: bytes[range], as: UTF8.self))
            return isDigits(digits) ? Int(digits) ?? -1 : -1
        }
        let civil = CivilTime(
            year: number(0..<4), month: number(5..<7), day: number(8..<10), hour: number(11..<13), minute: number(14..<16),
            second: number(17..<19))
        var rest = Substring(String(decoding: bytes[19...], as: UTF8.self))
        var fraction: Int32 = 0
        if rest.first == "." {
            let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard let value = nanoseconds(digits) else { return nil }
            fraction = value
            rest = rest.dropFirst(digits.count + 1)
        }
        guard let offset = offset(rest), let local = civil.timestamp(nanoseconds: fraction) else { return nil }
        return Timestamp(seconds: local.seconds - offset, nanoseconds: fraction)
    }

    private static let dash = UInt8(ascii: "-")
    private static let colon = UInt8(ascii: ":")
    private static let letterT = UInt8(ascii: "T")

    /// `Z` or `+01:00`, in seconds.
    private static func offset(_ text: Substring) -> Int64? {
        if text == "Z" { return 0 }
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && isDigits($0) }) else { return nil }
        guard let hours = Int64(parts[0]), let minutes = Int64(parts[1]), hours < 24, minutes < 60 else { return nil }
        let seconds = hours * 3600 + minutes * 60
        switch text.first {
        case "+": return seconds
        case "-": return -seconds
        default: return nil
        }
    }

    private static func dateText(_ time: Timestamp, _ digits: String) -> String {
        let civil = CivilTime(time)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let year = String(repeating: "0", count: max(0, 4 - String(civil.year).count)) + String(civil.year)
        return "\(year)-\(two(civil.month))-\(two(civil.day))T\(two(civil.hour)):\(two(civil.minute)):\(two(civil.second)).\(digits)Z"
    }

    /// Falls back on whole seconds where nanoseconds do not fit into 64 bits (after 2262).
    private static func nanosecondsText(_ time: Timestamp) -> String {
        let (product, overflow) = time.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow2) = product.addingReportingOverflow(Int64(time.nanoseconds))
        return overflow || overflow2 ? "\(time.seconds)s" : "\(sum)ns"
    }
}
