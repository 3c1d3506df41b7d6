package import ObjectStorage

/// Where below a folder the content of a key is exported to: the key itself, where it can be a path.
package enum ExportPath {
    private static let slash = UInt8(ascii: "/")
    private static let longestName = 255

    /// Names from the top down. A key that is no path below a folder becomes one name, with what is not a plain character as `%XX`.
    package static func names(of key: Key) -> [String] {
        let parts = key.bytes.split(separator: slash, omittingEmptySubsequences: false)
        let names = parts.compactMap(name)
        return names.count == parts.count ? names : [flat(key)]
    }

    /// Room is left for the end of a note's name.
    private static func name(_ bytes: ArraySlice<UInt8>) -> String? {
        guard !bytes.isEmpty, bytes.count <= longestName - ".partial".utf8.count, !bytes.contains(0) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.utf8.elementsEqual(bytes), text != ".", text != ".." else { return nil }
        return text
    }

    private static func flat(_ key: Key) -> String {
        let text = key.bytes.map { byte -> String in
            let isPlain =
                byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain || byte == UInt8(ascii: "-") ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
        // What long keys have in common is their beginning.
        return text.isEmpty ? "%" : String(text.suffix(longestName - ".partial".utf8.count))
    }
}
