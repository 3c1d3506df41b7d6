/// One element of a request's XML body. Names are without their namespace prefix; attributes are skipped.
package struct XMLElement: Hashable, Sendable {
    package var name: String
    package var text = ""
    package var children: [XMLElement] = []

    package func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The text of the first child of that name.
    package func text(_ name: String) -> String? { child(name)?.text }

    /// The root of a document, nil when it is not well-formed or nests deeper than requests do.
    package static func parse(_ bytes: [UInt8]) -> XMLElement? {
        var parser = XMLParser(bytes)
        return parser.document()
    }
}

/// A reader of the XML that clients send: elements, text, references, CDATA. No document types: those are refused.
private struct XMLParser {
    private let bytes: [UInt8]
    private var position = 0
    private static let deepest = 16

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() -> XMLElement? {
        skip("\u{FEFF}")
        guard skipMisc(), let root = element(depth: 0), skipMisc(), position == bytes.count else { return nil }
        return root
    }

    private mutating func element(depth: Int) -> XMLElement? {
        guard depth < Self.deepest, skip("<"), let name = tagName(), let closed = restOfTag() else { return nil }
        var element = XMLElement(name: name)
        if closed { return element }
        while position < bytes.count {
            if skip("</") {
                guard tagName() == name, restOfTag() == false else { return nil }
                return element
            }
            guard content(of: &element, depth: depth) else { return nil }
        }
        return nil
    }

    private mutating func content(of element: inout XMLElement, depth: Int) -> Bool {
        if skip("<!--") { return skip(through: "-->") != nil }
        if skip("<![CDATA[") {
            guard let text = skip(through: "]]>") else { return false }
            element.text += String(decoding: text, as: UTF8.self)
            return true
        }
        if bytes[position] == UInt8(ascii: "<") {
            guard let child = self.element(depth: depth + 1) else { return false }
            element.children.append(child)
            return true
        }
        guard let text = characters() else { return false }
        element.text += text
        return true
    }

    private mutating func characters() -> String? {
        var result: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            if bytes[position] == UInt8(ascii: "&") {
                guard let text = reference() else { return nil }
                result += text.utf8
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return String(validating: result, as: UTF8.self)
    }

    private mutating func reference() -> String? {
        guard skip("&"), let name = skip(through: ";").map({ String(decoding: $0, as: UTF8.self) }) else { return nil }
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default: return characterReference(name)
        }
    }

    private func characterReference(_ name: String) -> String? {
        let value = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
        return value.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }

    /// The name after `<` or `</`, without prefix.
    private mutating func tagName() -> String? {
        let start = position
        while position < bytes.count, !" \t\r\n/><&".utf8.contains(bytes[position]) { position += 1 }
        guard position > start else { return nil }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        return name.split(separator: ":", omittingEmptySubsequences: false).last.map(String.init)
    }

    /// Skips attributes and the end of a tag; true when the tag closes itself.
    private mutating func restOfTag() -> Bool? {
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: ">") { return false }
            if byte == UInt8(ascii: "/") { return skip(">") ? true : nil }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                guard skip(through: String(Unicode.Scalar(byte))) != nil else { return nil }
            }
            if byte == UInt8(ascii: "<") { return nil }
        }
        return nil
    }

    /// Blanks, comments and processing instructions; false where one of them does not end.
    private mutating func skipMisc() -> Bool {
        while position < bytes.count {
            if " \t\r\n".utf8.contains(bytes[position]) {
                position += 1
            } else if skip("<?") {
                guard skip(through: "?>") != nil else { return false }
            } else if skip("<!--") {
                guard skip(through: "-->") != nil else { return false }
            } else {
                return true
            }
        }
        return true
    }

    @discardableResult
    private mutating func skip(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    /// What lies before `text`, which is skipped too.
    private mutating func skip(through text: String) -> ArraySlice<UInt8>? {
        let start = position
        while position < bytes.count {
            if skip(text) { return bytes[start..<(position - text.utf8.count)] }
            position += 1
        }
        return nil
    }
}
