package import ObjectStorage

/// The keys under which earlier versions are shown: `KEY@VERSION`, a name beside the object's.
///
/// A slash, a percent sign, an `@` or a NUL in a version's id is written as `%` and two digits, so that each version has one key, which ends in its id.
package enum VersionKey {
    private static let at = UInt8(ascii: "@")
    private static let percent = UInt8(ascii: "%")
    private static let slash = UInt8(ascii: "/")
    /// How much longer than the object's such a key can be, in bytes: Amazon's ids have at most 1,024.
    package static let longestSuffix = 1025

    package static func key(of object: Key, _ version: VersionID) -> Key {
        Key(object.bytes + [at] + spelt(version))
    }

    /// Which version a key would be of, if it is one; nil where it can be none.
    package static func parse(_ key: Key) -> (object: Key, version: VersionID)? {
        guard let split = key.bytes.lastIndex(of: at), split > 0 else { return nil }
        let text = Array(key.bytes[(split + 1)...])
        guard !text.isEmpty, !text.contains(slash), let id = decoded(text) else { return nil }
        let version = VersionID(id)
        // Each version has one key only.
        guard spelt(version) == text else { return nil }
        return (Key(Array(key.bytes[..<split])), version)
    }

    private static func spelt(_ version: VersionID) -> [UInt8] {
        version.text.utf8.flatMap { byte -> [UInt8] in
            guard byte == slash || byte == percent || byte == at || byte == 0 else { return [byte] }
            let digits = String(byte, radix: 16, uppercase: true)
            return Array(("%" + (digits.count < 2 ? "0" : "") + digits).utf8)
        }
    }

    private static func decoded(_ text: [UInt8]) -> String? {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == percent else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            rest = rest.dropFirst(2)
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
