internal import Crypto

/// How a file is called while it arrives: beside its place, with the number of the transfer.
package enum PartFileName {
    private static let mark = Array(".windlass-part-".utf8)
    /// In bytes, of a job's number.
    private static let longestNumber = 16
    private static let longestName = 255

    /// One that is too long for a suffix is cut, and told apart by a digest.
    package static func of(_ name: ArraySlice<UInt8>, job: String) -> [UInt8] {
        let suffix = mark + Array(job.utf8.prefix(longestNumber))
        if name.count + suffix.count <= longestName { return Array(name) + suffix }
        let digest = SHA256.hash(data: Array(name)).prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return Array(name.prefix(longestName - suffix.count - digest.utf8.count - 1)) + [UInt8(ascii: "~")] + Array(digest.utf8) + suffix
    }

    /// Of whichever transfer; of `job` where that is given. Such files are never transferred or deleted as files of the user.
    package static func isOne(_ name: [UInt8], job: String? = nil) -> Bool {
        guard let job else {
            guard name.count > mark.count, let start = name.indices.last(where: { name[$0...].starts(with: mark) }) else { return false }
            let digits = name[(start + mark.count)...]
            return (1...longestNumber).contains(digits.count) && digits.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
        }
        let suffix = mark + Array(job.utf8.prefix(longestNumber))
        return name.count > suffix.count && name.suffix(suffix.count).elementsEqual(suffix)
    }
}
