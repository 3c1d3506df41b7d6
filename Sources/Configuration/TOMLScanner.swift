/// Reads along one line of TOML.
struct TOMLScanner {
    private(set) var rest: Substring

    init(_ line: Substring) {
        rest = line
    }

    var peek: Character? { rest.first }

    /// A comment is the end, too.
    var isAtEnd: Bool { rest.isEmpty || rest.first == "#" }

    mutating func skipSpace() {
        rest = rest.drop { $0 == " " || $0 == "\t" }
    }

    mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    mutating func key() throws(TOMLLine.Failure) -> String {
        if peek == "\"" || peek == "'" { return try string() }
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        guard !name.isEmpty else { throw TOMLLine.Failure(reason: "here should be a name: \(rest)") }
        rest = rest.dropFirst(name.count)
        return String(name)
    }

    mutating func value() throws(TOMLLine.Failure) -> SettingValue {
        switch peek {
        case nil, "#": throw TOMLLine.Failure(reason: "here should be a value")
        case "\"", "'": return .text(try string())
        case "[": return .list(try list())
        case "{": throw TOMLLine.Failure(reason: "inline tables are not used here")
        default: return try word()
        }
    }

    private mutating func list() throws(TOMLLine.Failure) -> [String] {
        _ = take("[")
        var items: [String] = []
        while true {
            skipSpace()
            if take("]") { return items }
            guard !isAtEnd else { throw TOMLLine.Failure(reason: "the array has no end on its line: ]") }
            guard case .text(let item) = try value() else { throw TOMLLine.Failure(reason: "an array holds strings and numbers only") }
            items.append(item)
            skipSpace()
            guard !isAtEnd else { throw TOMLLine.Failure(reason: "the array has no end on its line: ]") }
            guard take(",") || peek == "]" else { throw TOMLLine.Failure(reason: "items of an array are separated by commas") }
        }
    }

    /// A number or a boolean, which have no spaces in them.
    private mutating func word() throws(TOMLLine.Failure) -> SettingValue {
        let word = rest.prefix { !" \t,]#".contains($0) }
        rest = rest.dropFirst(word.count)
        if word == "true" || word == "false" { return .flag(word == "true") }
        let digits = word.drop { $0 == "-" || $0 == "+" }
        let isNumber =
            digits.first?.isNumber == true && digits.last?.isNumber == true
            && digits.allSatisfy { $0.isASCII && ($0.isNumber || $0 == "_" || $0 == ".") }
        guard isNumber, word.count - digits.count < 2, digits.filter({ $0 == "." }).count < 2, !digits.contains("__") else {
            throw TOMLLine.Failure(reason: "\(word) is neither a number nor true or false; put text in quotes")
        }
        return .text(word.filter { $0 != "_" && $0 != "+" })
    }

    // MARK: Strings

    private mutating func string() throws(TOMLLine.Failure) -> String {
        let quote: Character = take("\"") ? "\"" : "'"
        if quote == "'" { _ = take("'") }
        guard !(rest.hasPrefix("\(quote)\(quote)")) else { throw TOMLLine.Failure(reason: "strings over several lines are not used here") }
        var text = ""
        while let character = rest.popFirst() {
            if character == quote { return text }
            guard character == "\\", quote == "\"" else {
                text.append(character)
                continue
            }
            text.unicodeScalars.append(try escaped())
        }
        throw TOMLLine.Failure(reason: "the string has no end: \(quote)")
    }

    private mutating func escaped() throws(TOMLLine.Failure) -> Unicode.Scalar {
        switch rest.popFirst() {
        case "b": return "\u{8}"
        case "t": return "\t"
        case "n": return "\n"
        case "f": return "\u{C}"
        case "r": return "\r"
        case "\"": return "\""
        case "\\": return "\\"
        case "u": return try scalar(digits: 4)
        case "U": return try scalar(digits: 8)
        default: throw TOMLLine.Failure(reason: "an unknown escape after a backslash; write \\\\ for a backslash")
        }
    }

    private mutating func scalar(digits: Int) throws(TOMLLine.Failure) -> Unicode.Scalar {
        let hexadecimal = rest.prefix(digits)
        guard hexadecimal.count == digits, let scalar = UInt32(hexadecimal, radix: 16).flatMap(Unicode.Scalar.init) else {
            throw TOMLLine.Failure(reason: "\\u and \\U need \(digits) hexadecimal digits of a character")
        }
        rest = rest.dropFirst(digits)
        return scalar
    }
}
