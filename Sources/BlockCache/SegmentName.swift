/// The name of a file of blocks: when it was made, in nanoseconds, then a random number, both in base 16, then the version of its format.
///
/// So the order of names is the order of ages, for all processes that use the folder.
struct SegmentName: Hashable, Comparable, Sendable {
    static let version = "v1"

    let moment: UInt64
    let text: String

    /// Nil when no cache gives such a name. Files of other versions count: they take space and are dropped with age.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].first == "v", parts[1].count > 1, parts[1].dropFirst().allSatisfy(\.isNumber) else { return nil }
        let numbers = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard numbers.count == 2, numbers[0].utf8.count == 16, numbers[1].utf8.count == 8 else { return nil }
        guard let moment = UInt64(numbers[0], radix: 16), UInt32(numbers[1], radix: 16) != nil else { return nil }
        self.moment = moment
        self.text = text
    }

    init(moment: UInt64, random: UInt32) {
        self.moment = moment
        text = Self.hexadecimal(moment, digits: 16) + "-" + Self.hexadecimal(UInt64(random), digits: 8) + "." + Self.version
    }

    var isOfThisVersion: Bool { text.hasSuffix("." + Self.version) }

    static func < (left: SegmentName, right: SegmentName) -> Bool {
        (left.moment, left.text) < (right.moment, right.text)
    }

    private static func hexadecimal(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
