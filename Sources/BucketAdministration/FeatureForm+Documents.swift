internal import RemoteStore

extension FeatureForm {
    /// What a store answered, as JSON. What is not known of it is taken by name.
    package func value(_ answer: String) throws(DocumentError) -> JSONValue {
        guard document.shape != nil || !alternatives.isEmpty else { return try document.value(answer).value }
        let root = try DocumentForm.parse(answer)
        let known = ([document] + alternatives).first { $0.root == root.name }
        return (known ?? alternatives.first ?? document).value(root).value
    }

    /// A document that somebody wrote: JSON, as Amazon's command line takes it or shows it, or the store's own XML.
    package func written(_ text: String, for feature: BucketFeature) throws(DocumentError) -> WrittenDocument {
        if text.trimmed.isEmpty { throw DocumentError("the document is empty") }
        if text.trimmed.hasPrefix("<") {
            guard let name = document.root else { throw DocumentError("this is XML, but the document is JSON") }
            let root = try DocumentForm.parse(text)
            guard root.name == name else { throw DocumentError("the document is <\(root.name)>, not <\(name)>") }
            let (value, findings) = document.value(root)
            return WrittenDocument(value: value, text: text, findings: findings)
        }
        if case .json = document { return WrittenDocument(value: try JSONValue.parse(text), text: text, findings: []) }
        let value = Self.unwrapped(try JSONValue.parse(text), feature.wrappers).without(["ResponseMetadata"])
        return WrittenDocument(value: value, text: nil, findings: [])
    }

    private static func unwrapped(_ value: JSONValue, _ wrappers: [String]) -> JSONValue {
        wrappers.lazy.compactMap { value[$0] }.first ?? value
    }

    /// What a word or several stand for.
    package func value(words: [String]) throws(DocumentError) -> JSONValue {
        switch shorthand {
        case .member(let name): return .object([JSONMember(name, .string(try Self.only(words)))])
        case .size(let name): return .object([JSONMember(name, .integer(try Self.bytes(try Self.only(words))))])
        case .pairs(let name):
            var pairs: [JSONValue] = []
            for word in words { pairs.append(try Self.pair(word)) }
            return .object([JSONMember(name, .array(pairs))])
        case .canned, nil: throw DocumentError("this takes a document, not a word: give a file, or - for standard input")
        }
    }

    private static func only(_ words: [String]) throws(DocumentError) -> String {
        guard words.count == 1 else { throw DocumentError("this takes one word only") }
        return words[0]
    }

    private static func pair(_ word: String) throws(DocumentError) -> JSONValue {
        guard let equals = word.firstIndex(of: "=") else { throw DocumentError("'\(word)' is not of the form KEY=VALUE") }
        return ["Key": .string(String(word[..<equals])), "Value": .string(String(word[word.index(after: equals)...]))]
    }

    /// `10G`: units are powers of 1024.
    static func bytes(_ text: String) throws(DocumentError) -> Int64 {
        let units = "KMGTPE"
        var digits = text.uppercased()[...]
        if digits.hasSuffix("IB") { digits = digits.dropLast(2) } else if digits.hasSuffix("B") { digits = digits.dropLast() }
        var shift = 0
        if let last = digits.last, let index = units.firstIndex(of: last) {
            shift = 10 * (units.distance(from: units.startIndex, to: index) + 1)
            digits = digits.dropLast()
        }
        guard let number = Int64(digits), number >= 0, number <= Int64.max >> shift else {
            throw DocumentError("'\(text)' is no number of bytes like 500M or 10G")
        }
        return number << shift
    }

    /// Everything that is wrong with a document before it is sent.
    package func problems(in document: WrittenDocument) -> [String] {
        guard document.isChecked else { return [] }
        var findings = document.findings
        if let shape = self.document.shape { findings += shape.problems(in: document.value) }
        if case .json(let largest) = self.document, (document.text ?? document.value.text).utf8.count > largest {
            findings.append("the document is longer than \(largest) bytes")
        }
        guard findings.isEmpty else { return findings }
        return checks.flatMap { $0(document.value) }
    }
}

/// What is to be sent.
package struct WrittenDocument: Sendable {
    package var value: JSONValue
    /// As it was written, where that is what the store takes; nil where it is to be made from `value`.
    package var text: String?
    /// What is not known in it.
    package var findings: [String]
    /// Whether it is held against what is known of such documents.
    package var isChecked = true

    package init(value: JSONValue, text: String? = nil, findings: [String] = []) {
        self.value = value
        self.text = text
        self.findings = findings
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { JSONMember($0.0, $0.1) })
    }
}

extension JSONValue {
    fileprivate func without(_ names: Set<String>) -> JSONValue {
        guard let members else { return self }
        return .object(members.filter { !names.contains($0.name) })
    }
}
