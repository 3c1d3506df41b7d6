extension DocumentWriter {
    /// Writes a value as an element. What the shape does not know is written by name: an object as elements, a list as one after the other.
    /// `namespace` is an attribute as it is to be written.
    mutating func write(_ value: JSONValue, as name: String, _ shape: Shape?, namespace: String = "") {
        if case .structure(let members) = shape, let given = value.members {
            element(name, attributes: namespace + Self.attributes(given, members)) { $0.write(given, members) }
        } else if let given = value.members {
            element(name) { $0.write(given, []) }
        } else if let elements = value.elements {
            for element in elements { write(element, as: name, nil) }
        } else if value != .null {
            element(name) { $0.write(Self.text(value, shape)) }
        }
    }

    /// In the order of the shape; what it does not know comes last.
    private mutating func write(_ given: [JSONMember], _ members: [Member]) {
        for member in members {
            if let value = given.first(where: { $0.name == member.name })?.value { write(value, member) }
        }
        for entry in given where !members.contains(where: { $0.name == entry.name }) {
            if Self.isName(entry.name) { write(entry.value, as: entry.name, nil) }
        }
    }

    private mutating func write(_ value: JSONValue, _ member: Member) {
        switch member.occurrence {
        case .once: write(value, as: member.element, member.shape)
        case .flat:
            for entry in value.elements ?? [value] { write(entry, as: member.element, member.shape) }
        case .wrapped(let item):
            element(member.element) { xml in
                for entry in value.elements ?? [value] { xml.write(entry, as: item, member.shape) }
            }
        case .type: break
        }
    }

    private static func attributes(_ given: [JSONMember], _ members: [Member]) -> String {
        guard let (name, words) = members.lazy.compactMap(\.typeWords).first else { return "" }
        let said = given.first { $0.name == name }?.value.string
        guard let type = said ?? given.lazy.compactMap({ words[$0.name] }).first, isName(type) else { return "" }
        return " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"\(type)\""
    }

    private static func text(_ value: JSONValue, _ shape: Shape?) -> String {
        switch value {
        case .string(let text): shape == .date ? Shape.moment(text) ?? text : text
        case .boolean(let truth): truth ? "true" : "false"
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .null, .array, .object: ""
        }
    }

    /// Whether it can be an element's name; stores have no others.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first.properties.isAlphabetic || first == "_" else { return false }
        return text.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "_-.".unicodeScalars.contains($0))
        }
    }
}

extension Member {
    fileprivate var typeWords: (name: String, words: [String: String])? {
        if case .type(let words) = occurrence { (name, words) } else { nil }
    }
}
