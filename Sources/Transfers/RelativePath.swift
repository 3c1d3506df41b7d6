/// Where something lies below the folder or the prefix that a transfer is of: parts divided by slashes. Empty for a transfer of one file.
///
/// Bytes, not text: names of files and keys need not be UTF-8. The order is that of listings.
package struct RelativePath: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    static let slash = UInt8(ascii: "/")
    /// In bytes (`NAME_MAX`, limits.h).
    private static let longestName = 255

    package var isEmpty: Bool { bytes.isEmpty }

    /// The last part.
    package var name: ArraySlice<UInt8> { bytes[((bytes.lastIndex(of: Self.slash) ?? -1) + 1)...] }

    /// All but the last part, with the slash before it; empty where there is one part only.
    package var folder: ArraySlice<UInt8> { bytes[..<((bytes.lastIndex(of: Self.slash) ?? -1) + 1)] }

    /// Why no file below a folder can have this name; nil where one can.
    package var problem: String? {
        guard !bytes.isEmpty else { return nil }
        guard !bytes.contains(0) else { return "it contains a NUL" }
        for part in bytes.split(separator: Self.slash, omittingEmptySubsequences: false) {
            if part.isEmpty { return "a part of it is empty" }
            if part.elementsEqual([UInt8(ascii: ".")]) || part.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")]) {
                return "it leads out of the folder, or nowhere"
            }
            if part.count > Self.longestName { return "a part of it is longer than \(Self.longestName) bytes" }
        }
        return nil
    }

    /// Whether this is a file in what the other one is as a folder.
    package func isBelow(_ other: RelativePath) -> Bool {
        bytes.count > other.bytes.count && bytes[other.bytes.count] == Self.slash && bytes.starts(with: other.bytes)
    }
}

extension RelativePath: Comparable {
    package static func < (left: RelativePath, right: RelativePath) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension RelativePath: CustomStringConvertible {
    /// For messages only: bytes that are not UTF-8 show as U+FFFD.
    package var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension RelativePath: Codable {
    /// `=` and the text, or `x` and the bytes in hexadecimal where they are no text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let text = String(validating: bytes, as: UTF8.self) {
            try container.encode("=" + text)
        } else {
            try container.encode("x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        if text.hasPrefix("=") {
            self.init(Array(text.utf8.dropFirst()))
            return
        }
        let digits = text.utf8.dropFirst().compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard text.hasPrefix("x"), digits.count % 2 == 0, digits.count == text.utf8.count - 1 else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no path")
        }
        self.init(stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
}
