extension JSONValue {
    /// With two blanks of indentation for each level, and without a final line break.
    package var text: String {
        var result = ""
        write(to: &result, indentation: 0)
        return result
    }

    private func write(to text: inout String, indentation: Int) {
        switch self {
        case .null: text += "null"
        case .boolean(let truth): text += truth ? "true" : "false"
        case .integer(let number): text += String(number)
        case .real(let number): text += String(number)
        case .string(let string): text += Self.quoted(string)
        case .array(let elements): Self.write(elements.map { (nil, $0) }, "[", "]", to: &text, indentation)
        case .object(let members): Self.write(members.map { ($0.name, $0.value) }, "{", "}", to: &text, indentation)
        }
    }

    private static func write(
        _ entries: [(name: String?, value: JSONValue)], _ open: String, _ close: String, to text: inout String, _ indentation: Int
    ) {
        guard !entries.isEmpty else { return text += open + close }
        text += open
        for (index, entry) in entries.enumerated() {
            text += index == 0 ? "\n" : ",\n"
            text += String(repeating: "  ", count: indentation + 1)
            if let name = entry.name { text += quoted(name) + ": " }
            entry.value.write(to: &text, indentation: indentation + 1)
        }
        text += "\n" + String(repeating: "  ", count: indentation) + close
    }

    private static func quoted(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..."\u{1F}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
