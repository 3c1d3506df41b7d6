/// The texts of the innermost elements of a small XML document, under the names of their parent and their own.
///
/// Much stricter than XML: no document type, no CDATA, no comments, no processing instruction after the first; at most 64 KiB and 32 levels.
/// What a token service answers is of this kind, and nothing else is let near a secret.
package struct ElementTexts {
    package struct Path: Hashable {
        package let parent: String
        package let name: String
    }

    package private(set) var texts: [Path: String] = [:]
    private var rest: Substring.UTF8View
    private var open: [String] = []
    private var isLeaf = false

    /// Nil for what is not such a document, or names a leaf twice.
    package init?(_ document: [UInt8]) {
        guard document.count <= 64 << 10 else { return nil }
        let text = String(decoding: document, as: UTF8.self)
        guard text.utf8.count == document.count else { return nil }
        rest = Substring(text).utf8
        guard skipDeclaration(), read() else { return nil }
    }

    private mutating func skipDeclaration() -> Bool {
        skipBlanks()
        guard Substring(rest).hasPrefix("<?xml") else { return true }
        guard let end = rest.firstIndex(of: UInt8(ascii: ">")), rest[..<end].last == UInt8(ascii: "?") else { return false }
        rest = rest[rest.index(after: end)...]
        return true
    }

    private mutating func read() -> Bool {
        skipBlanks()
        var hasRoot = false
        while let text = take(until: UInt8(ascii: "<")) {
            if open.isEmpty, hasRoot || !Self.isBlank(text) { return false }
            guard let tag = take(until: UInt8(ascii: ">")), readTag(tag, after: text) else { return false }
            hasRoot = hasRoot || open.isEmpty
        }
        return hasRoot && open.isEmpty && Self.isBlank(Substring(rest))
    }

    private mutating func readTag(_ tag: Substring, after text: Substring) -> Bool {
        if tag.hasPrefix("/") { return close(tag.dropFirst(), text) }
        guard open.isEmpty || Self.isBlank(text) else { return false }
        let isEmpty = tag.hasSuffix("/")
        let name = tag.prefix { $0.isLetter || $0.isNumber || $0 == ":" || $0 == "_" || $0 == "-" || $0 == "." }
        guard !name.isEmpty, open.count < 32, !tag.dropFirst(name.count).contains("<") else { return false }
        if let next = tag.dropFirst(name.count).first, !next.isWhitespace, next != "/" { return false }
        open.append(String(name))
        isLeaf = true
        return isEmpty ? close(name, "") : true
    }

    private mutating func close(_ name: Substring, _ text: Substring) -> Bool {
        while name.last?.isWhitespace == true { return close(name.dropLast(), text) }
        guard open.popLast() == String(name) else { return false }
        defer { isLeaf = false }
        guard isLeaf else { return Self.isBlank(text) }
        guard let decoded = Self.decoded(text) else { return false }
        let path = Path(parent: open.last ?? "", name: String(name))
        return texts.updateValue(decoded, forKey: path) == nil
    }

    /// The five entities of XML itself; nil for any other.
    private static func decoded(_ text: Substring) -> String? {
        let entities: [Substring: Character] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
        var result = ""
        var rest = text
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            let after = rest[rest.index(after: start)...]
            guard let end = after.firstIndex(of: ";"), let character = entities[after[..<end]] else { return nil }
            result.append(character)
            rest = after[after.index(after: end)...]
        }
        return result + rest
    }

    private mutating func take(until byte: UInt8) -> Substring? {
        guard let end = rest.firstIndex(of: byte) else { return nil }
        defer { rest = rest[rest.index(after: end)...] }
        return Substring(rest[..<end])
    }

    private mutating func skipBlanks() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }
    }

    private static func isBlank(_ text: Substring) -> Bool {
        text.allSatisfy(\.isWhitespace)
    }
}
