internal import FileSystemTypes

/// Reads `{"name":"base 64",…}`, and whatever of it is left where it is damaged.
struct PairReader {
    private var rest: ArraySlice<UInt8>
    private(set) var isDamaged = false

    init(_ json: [UInt8]) {
        let open = json.firstIndex(of: UInt8(ascii: "{"))
        let close = json.lastIndex(of: UInt8(ascii: "}"))
        if let open, let close, open < close {
            rest = json[(open + 1)..<close]
        } else {
            rest = []
            isDamaged = !json.isEmpty
        }
    }

    mutating func next() -> (name: ExtendedAttributeName, value: [UInt8])? {
        while true {
            rest = rest.drop { $0 == Self.comma || Self.isSpace($0) }
            guard !rest.isEmpty else { return nil }
            let start = rest
            if let pair = pair() { return pair }
            isDamaged = true
            rest = start.dropFirst().drop { $0 != Self.comma }
        }
    }

    private mutating func pair() -> (name: ExtendedAttributeName, value: [UInt8])? {
        guard let name = string().flatMap({ ExtendedAttributeName($0) }) else { return nil }
        rest = rest.drop(while: Self.isSpace)
        guard rest.popFirst() == UInt8(ascii: ":") else { return nil }
        rest = rest.drop(while: Self.isSpace)
        guard let text = string(), let value = Base64Coding.decode(text[...]) else { return nil }
        rest = rest.drop(while: Self.isSpace)
        guard rest.isEmpty || rest.first == Self.comma else { return nil }
        return (name, value)
    }

    /// A string of JSON (RFC 8259, 7) as bytes. A backslash that begins no escape stands for itself, because s3fs writes names as they are.
    private mutating func string() -> [UInt8]? {
        guard rest.popFirst() == Self.quote else { return nil }
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case Self.quote: return bytes
            case Self.backslash: bytes += escape()
            default: bytes.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> [UInt8] {
        guard let letter = rest.first else { return [Self.backslash] }
        if letter == UInt8(ascii: "u") {
            let digits = String(decoding: rest.dropFirst().prefix(4), as: UTF8.self)
            guard digits.utf8.count == 4, digits.utf8.first != UInt8(ascii: "+"), let number = UInt32(digits, radix: 16) else {
                return [Self.backslash]
            }
            guard let scalar = Unicode.Scalar(number) else { return [Self.backslash] }
            rest = rest.dropFirst(5)
            return Array(String(Character(scalar)).utf8)
        }
        guard let byte = Self.escapes[letter] else { return [Self.backslash] }
        rest = rest.dropFirst()
        return [byte]
    }

    private static let escapes: [UInt8: UInt8] = [
        quote: quote, backslash: backslash, UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
        UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let comma = UInt8(ascii: ",")

    private static func isSpace(_ byte: UInt8) -> Bool {
        [32, 9, 10, 13].contains(byte)
    }
}
