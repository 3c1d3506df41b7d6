/// The INI dialect of `~/.aws/credentials` and `~/.aws/config`: `[section]` lines and `name = value` lines,
/// comments from `#` or `;`, nested settings indented below their parent (which this reader passes over).
///
/// Source: "Configuration and credential file settings", AWS CLI User Guide.
package struct ProfileFile: Hashable, Sendable {
    package private(set) var sections: [String: [String: String]] = [:]

    package init(_ text: String) {
        var section: String?
        for line in text.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline) {
            guard let first = line.first, !first.isWhitespace else { continue }
            if let name = Self.sectionName(line) {
                section = name
                sections[name, default: [:]].merge([:]) { $1 }
            } else if let section, let (name, value) = Self.setting(line) {
                sections[section, default: [:]][name] = value
            }
        }
    }

    private static func sectionName(_ line: Substring) -> String? {
        guard line.hasPrefix("["), let end = line.firstIndex(of: "]") else { return nil }
        return trimmed(line[line.index(after: line.startIndex)..<end])
    }

    private static func setting(_ line: Substring) -> (name: String, value: String)? {
        guard line.first != "#", line.first != ";", let equals = line.firstIndex(of: "=") else { return nil }
        let name = trimmed(line[..<equals]).lowercased()
        return (name, trimmed(withoutComment(line[line.index(after: equals)...])))
    }

    /// A comment after a value begins with blank and `#` or `;`: keys may contain either character.
    private static func withoutComment(_ value: Substring) -> Substring {
        var previous: Character = "x"
        for index in value.indices {
            if previous.isWhitespace, value[index] == "#" || value[index] == ";" { return value[..<index] }
            previous = value[index]
        }
        return value
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
