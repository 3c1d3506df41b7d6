/// The name of a bucket.
package struct BucketName: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }
}

/// The name of an object: 1 to 1,024 bytes, UTF-8 by convention, any bytes in practice.
package struct Key: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(_ text: String) {
        bytes = Array(text.utf8)
    }
}

extension Key: Comparable {
    /// The order of listings: by bytes.
    package static func < (left: Key, right: Key) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension Key: CustomStringConvertible {
    /// For messages only: bytes that are not UTF-8 show as U+FFFD.
    package var description: String {
        String(decoding: bytes, as: UTF8.self)
    }
}

extension Key: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) {
        self.init(value)
    }
}

/// What a store says to tell two versions of an object's bytes apart (RFC 9110, 8.8.3), without its quotes.
///
/// It is opaque: only sometimes is it the MD5 of the bytes.
package struct ETag: Hashable, Sendable, CustomStringConvertible {
    /// Most are 32 hexadecimal digits, and very many may be in memory: these take 16 bytes.
    private enum Form: Hashable, Sendable {
        case digits(UInt64, UInt64)
        case text(String)
    }

    private let form: Form

    /// Takes the header's or the listing's value, quoted or not.
    package init(_ value: String) {
        let isQuoted = value.utf8.count >= 2 && value.hasPrefix("\"") && value.hasSuffix("\"")
        let text = isQuoted ? String(value.dropFirst().dropLast()) : value
        form = Self.form(ofDigits: text) ?? .text(text)
    }

    package var text: String {
        switch form {
        case .text(let text): text
        case .digits(let high, let low): Self.digits(high) + Self.digits(low)
        }
    }

    /// Nil where the text is not to be had back from the numbers.
    private static func form(ofDigits text: String) -> Form? {
        let digits = text.utf8
        guard digits.count == 32, digits.allSatisfy({ (48..<58).contains($0) || (97..<103).contains($0) }) else { return nil }
        guard let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16) else { return nil }
        return .digits(high, low)
    }

    private static func digits(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// As a header carries it.
    package var quoted: String { "\"\(text)\"" }

    /// The digest that the text is if it is one; of an object made of parts it is not, nor of one that the store encrypts with certain keys.
    package var digits: [UInt8]? {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard text.utf8.count == 32, digits.count == 32 else { return nil }
        return (0..<16).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
    }

    package var description: String { text }
}

/// The id of one version of an object in a versioned bucket.
package struct VersionID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }
}

/// The id of a multipart upload that is under way.
package struct UploadID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }
}
