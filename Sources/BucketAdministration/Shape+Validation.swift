internal import FileSystemTypes

extension Shape {
    /// What is wrong with a document before it is sent: a line for each finding, which begins with the place.
    package func problems(in value: JSONValue) -> [String] {
        var findings: [String] = []
        check(value, at: "", &findings)
        return findings
    }

    private func check(_ value: JSONValue, at place: String, _ findings: inout [String]) {
        switch (self, value) {
        case (.text, .string(let text)): Self.checkCharacters(text, at: place, &findings)
        case (.date, .string(let text)):
            if Self.moment(text) == nil { findings.append("\(place): '\(text)' is no date like 2030-01-31 or 2030-01-31T00:00:00Z") }
        case (.choice(let words), .string(let word)):
            if !words.contains(word) { findings.append("\(place): '\(word)' is not one of \(words.joined(separator: ", "))") }
        case (.integer(let range), .integer(let number)):
            if !range.contains(number) { findings.append("\(place): \(number) is not \(Self.describe(range))") }
        case (.boolean, .boolean): break
        case (.structure(let members), .object(let given)): Self.check(given, members, at: place, &findings)
        default: findings.append("\(place.isEmpty ? "the document" : place) is \(value.kind), not \(kind)")
        }
    }

    private static func check(_ given: [JSONMember], _ members: [Member], at place: String, _ findings: inout [String]) {
        for entry in given {
            let inner = path(place, entry.name)
            guard let member = members.first(where: { $0.name == entry.name }) else {
                findings.append("\(inner) is not known; known are \(members.map(\.name).joined(separator: ", "))")
                continue
            }
            member.check(entry.value, at: inner, &findings)
        }
        for member in members where member.isRequired && !given.contains(where: { $0.name == member.name }) {
            findings.append("\(path(place, member.name)) is missing")
        }
    }

    static func path(_ place: String, _ name: String) -> String {
        place.isEmpty ? name : "\(place).\(name)"
    }

    fileprivate func checkEntries(_ value: JSONValue, isRequired: Bool, at place: String, _ findings: inout [String]) {
        guard let elements = value.elements else { return findings.append("\(place) is \(value.kind), not a list") }
        if isRequired, elements.isEmpty { findings.append("\(place) has no entry") }
        for (index, element) in elements.enumerated() { check(element, at: "\(place)[\(index)]", &findings) }
    }

    fileprivate func checkOne(_ value: JSONValue, at place: String, _ findings: inout [String]) {
        check(value, at: place, &findings)
    }

    /// What XML 1.0 has no characters for cannot be said to a store.
    private static func checkCharacters(_ text: String, at place: String, _ findings: inout [String]) {
        if !text.unicodeScalars.allSatisfy(\.isXML) { findings.append("\(place) has a character that XML cannot carry") }
    }

    /// As the store is told it; nil for what is none.
    static func moment(_ text: String) -> String? {
        let full = text.utf8.count == 10 ? text + "T00:00:00Z" : text
        guard let moment = Timestamp(iso8601: full), full.hasSuffix("Z"), moment.seconds > 0 else { return nil }
        return full
    }

    private static func describe(_ range: ClosedRange<Int64>) -> String {
        range.upperBound == Int64.max ? "at least \(range.lowerBound)" : "between \(range.lowerBound) and \(range.upperBound)"
    }

    private var kind: String {
        switch self {
        case .text, .choice: "a text"
        case .date: "a date"
        case .integer: "a whole number"
        case .boolean: "true or false"
        case .structure: "an object"
        }
    }
}

extension Member {
    fileprivate func check(_ value: JSONValue, at place: String, _ findings: inout [String]) {
        switch occurrence {
        case .once, .type: shape.checkOne(value, at: place, &findings)
        case .flat, .wrapped: shape.checkEntries(value, isRequired: isRequired, at: place, &findings)
        }
    }
}

extension Unicode.Scalar {
    /// Source: XML 1.0, 2.2, the production Char.
    var isXML: Bool {
        switch value {
        case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}
