internal import ObjectStorage
internal import RemoteStore

/// Turns a store's XML into the JSON of Amazon's command line.
struct DocumentReader {
    /// What the shape does not know, or has no such value for, with its place.
    private(set) var findings: [String] = []

    /// What is not known is taken by name, so that nothing that a store answers is lost: elements as an object, repeated ones as a list.
    mutating func value(of element: XMLElement, _ shape: Shape?, at place: String) -> JSONValue {
        if case .structure(let members) = shape {
            guard element.children.isEmpty, !element.text.trimmed.isEmpty else { return structure(element, members, at: place) }
            findings.append("\(place) has a text instead of elements")
            return .string(element.text)
        }
        if !element.children.isEmpty {
            if shape != nil { findings.append("\(place) has elements instead of a text") }
            return structure(element, [], at: place)
        }
        guard let shape else { return .string(element.text) }
        return scalar(element.text, shape, at: place)
    }

    private mutating func scalar(_ text: String, _ shape: Shape, at place: String) -> JSONValue {
        let trimmed = text.trimmed
        switch shape {
        case .integer:
            if let number = Int64(trimmed) { return .integer(number) }
            findings.append("\(place): '\(trimmed)' is no whole number")
        case .boolean:
            if ["true", "false"].contains(trimmed.lowercased()) { return .boolean(trimmed.lowercased() == "true") }
            findings.append("\(place): '\(trimmed)' is neither true nor false")
        case .choice, .date: return .string(trimmed)
        case .text, .structure: break
        }
        return .string(text)
    }

    private mutating func structure(_ element: XMLElement, _ members: [Member], at place: String) -> JSONValue {
        var result: [JSONMember] = []
        for member in members {
            if let value = value(of: element.all(member.element), member, at: Shape.path(place, member.name)) {
                result.append(JSONMember(member.name, value))
            }
        }
        if case .type(let words)? = members.lazy.map(\.occurrence).first(where: \.isType),
            let name = members.first(where: { $0.occurrence.isType })?.name,
            let word = element.children.lazy.compactMap({ words[$0.name] }).first
        {
            result.append(JSONMember(name, .string(word)))
        }
        addUnknown(of: element, members, at: place, &result)
        return .object(result)
    }

    private mutating func value(of found: [XMLElement], _ member: Member, at place: String) -> JSONValue? {
        guard let first = found.first else { return nil }
        switch member.occurrence {
        case .once:
            if found.count == 1 { return value(of: first, member.shape, at: place) }
            findings.append("\(place) is there \(found.count) times")
            return .array(found.map { value(of: $0, member.shape, at: place) })
        case .flat:
            return .array(found.enumerated().map { value(of: $0.element, member.shape, at: "\(place)[\($0.offset)]") })
        case .wrapped(let item):
            let items = found.flatMap { $0.children.isEmpty && !$0.text.trimmed.isEmpty ? [$0] : $0.children }
            for foreign in items where foreign.name != item { findings.append("\(place): <\(foreign.name)> is not known") }
            return .array(items.enumerated().map { value(of: $0.element, member.shape, at: "\(place)[\($0.offset)]") })
        case .type: return nil
        }
    }

    private mutating func addUnknown(of element: XMLElement, _ members: [Member], at place: String, _ result: inout [JSONMember]) {
        let unknown = element.children.filter { child in !members.contains { $0.element == child.name } }
        for name in unknown.map(\.name).uniqued {
            if !members.isEmpty { findings.append("\(Shape.path(place, name)) is not known") }
            let values = unknown.filter { $0.name == name }.map { value(of: $0, nil, at: Shape.path(place, name)) }
            result.append(JSONMember(name, values.count == 1 ? values[0] : .array(values)))
        }
    }
}

extension Member.Occurrence {
    fileprivate var isType: Bool {
        if case .type = self { true } else { false }
    }
}

extension [String] {
    /// Each once, in the order of their first occurrence.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}

extension StringProtocol {
    /// Without blanks and line breaks at both ends.
    var trimmed: String {
        let rest = drop(while: \.isWhitespace)
        return String(rest[..<(rest.lastIndex { !$0.isWhitespace }.map(rest.index(after:)) ?? rest.startIndex)])
    }
}
