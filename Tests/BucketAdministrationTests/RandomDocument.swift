import BucketAdministration

/// Documents by chance.
enum RandomDocument {
    /// One that fits a shape.
    static func value(_ shape: Shape, using generator: inout some RandomNumberGenerator) -> JSONValue {
        switch shape {
        case .text: .string(text(using: &generator))
        case .integer(let range): .integer(Bool.random(using: &generator) ? range.lowerBound : Int64.random(in: range, using: &generator))
        case .boolean: .boolean(Bool.random(using: &generator))
        case .date: .string(["2030-01-31T00:00:00Z", "2031-12-01T10:20:30.123Z"].randomElement(using: &generator) ?? "")
        case .choice(let words): .string(words.randomElement(using: &generator) ?? "")
        case .structure(let members): .object(structure(members, using: &generator))
        }
    }

    private static func structure(_ members: [Member], using generator: inout some RandomNumberGenerator) -> [JSONMember] {
        var result: [JSONMember] = []
        for member in members where member.isRequired || Bool.random(using: &generator) {
            switch member.occurrence {
            case .once: result.append(JSONMember(member.name, value(member.shape, using: &generator)))
            case .flat, .wrapped:
                // Without entries, a list that stands by itself leaves nothing behind.
                let least = member.isRequired || member.occurrence == .flat ? 1 : 0
                let entries = (0..<Int.random(in: least...3, using: &generator)).map { _ in value(member.shape, using: &generator) }
                result.append(JSONMember(member.name, .array(entries)))
            case .type: break
            }
        }
        for member in members {
            // What the type is follows from what there is.
            if case .type(let words) = member.occurrence, let word = result.lazy.compactMap({ words[$0.name] }).first {
                let first = members.lazy.compactMap { other in result.contains { $0.name == other.name } ? words[other.name] : nil }.first
                result.append(JSONMember(member.name, .string(first ?? word)))
            }
        }
        return result
    }

    private static func text(using generator: inout some RandomNumberGenerator) -> String {
        let pieces = ["a", "Z", "0", " ", "<", ">", "&", "\"", "'", "é", "中", "🙂", "\n", "\t", "\r", "]]>", "<!--", "%20", "/"]
        return (0..<Int.random(in: 0...6, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
    }

    /// The same with one thing that no store takes; nil where there is nothing to spoil.
    static func spoilt(_ value: JSONValue, using generator: inout some RandomNumberGenerator) -> JSONValue? {
        switch value {
        case .object(var members) where !members.isEmpty:
            let index = Int.random(in: members.indices, using: &generator)
            if Int.random(in: 0..<4, using: &generator) == 0 {
                members.append(JSONMember("Unheard-of", .integer(1)))
                return .object(members)
            }
            guard let inner = spoilt(members[index].value, using: &generator) else { return nil }
            members[index].value = inner
            return .object(members)
        case .array(var entries) where !entries.isEmpty:
            let index = Int.random(in: entries.indices, using: &generator)
            guard let inner = spoilt(entries[index], using: &generator) else { return nil }
            entries[index] = inner
            return .array(entries)
        case .string: return Bool.random(using: &generator) ? .integer(7) : .string("\u{1}")
        case .integer: return .string("many")
        case .boolean: return .string("yes")
        case .array: return .object([])
        case .object, .null, .real: return nil
        }
    }

    /// Elements by chance, some of them with names that features have; `words` are the texts in it.
    static func xml(root: String, words: inout [String], using generator: inout some RandomNumberGenerator) -> String {
        "<\(root)>\(elements(depth: 0, words: &words, using: &generator))</\(root)>"
    }

    private static func elements(depth: Int, words: inout [String], using generator: inout some RandomNumberGenerator) -> String {
        let names = ["Rule", "Status", "ID", "Filter", "Prefix", "TagSet", "Tag", "Key", "Days", "Grant", "New", "Other", "CORSRule", "Payer"]
        return (0..<Int.random(in: 1...4, using: &generator)).map { _ in
            let name = names.randomElement(using: &generator) ?? ""
            guard depth > 2 || Bool.random(using: &generator) else {
                return "<\(name)>\(elements(depth: depth + 1, words: &words, using: &generator))</\(name)>"
            }
            let word = "w\(UInt32.random(in: 0...UInt32.max, using: &generator))"
            words.append(word)
            return "<\(name)>\(word)</\(name)>"
        }.joined()
    }
}
