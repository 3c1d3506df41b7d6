import BucketAdministration
import TestSupport
import Testing

/// Every shape of the table of features, filled by chance, goes into XML and comes back the same.
@Suite("Documents by chance", .timeLimit(.minutes(2)))
struct RoundTripTests {
    private static let forms: [(name: String, form: FeatureForm)] = BucketFeature.all.flatMap { feature in
        BucketFeature.Wire.allCases.compactMap { wire in feature.form(wire).map { ("\(feature.name) in \(wire)", $0) } }
    }

    @Test("JSON to XML and back", arguments: 0..<4)
    func andBack(_ round: UInt64) throws {
        var filled = 0
        for (index, (name, form)) in Self.forms.enumerated() {
            guard let shape = form.document.shape, form.document.documentRoot != nil else { continue }
            var generator = SeededGenerator(seed: round << 32 | UInt64(index))
            for _ in 0..<60 {
                let value = RandomDocument.value(shape, using: &generator)
                #expect(shape.problems(in: value) == [], "\(name): \(value.text)")
                let xml = form.document.document(value)
                let (back, findings) = try form.document.value(xml)
                #expect(findings == [], "\(name): \(xml)")
                #expect(LineDifference.lines(from: value, to: back) == [], "\(name): \(xml)")
                // A second time it is the very same text.
                #expect(form.document.document(back) == xml, "\(name)")
                filled += 1
            }
        }
        #expect(filled > 3000)
    }

    @Test("A document with a member that is spoilt is not sent", arguments: 0..<4)
    func spoiltIsFound(_ round: UInt64) {
        var spoilt = 0
        for (index, (name, form)) in Self.forms.enumerated() {
            guard let shape = form.document.shape else { continue }
            var generator = SeededGenerator(seed: round << 40 | UInt64(index))
            for _ in 0..<40 {
                guard let value = RandomDocument.spoilt(RandomDocument.value(shape, using: &generator), using: &generator) else { continue }
                #expect(shape.problems(in: value) != [], "\(name): \(value.text)")
                spoilt += 1
            }
        }
        #expect(spoilt > 1000)
    }

    @Test("Whatever a store answers, it becomes JSON or an error, and what it says is not lost", arguments: 0..<4)
    func anyAnswer(_ round: UInt64) throws {
        var generator = SeededGenerator(seed: 77 &+ round)
        var read = 0
        for (name, form) in Self.forms {
            for _ in 0..<40 {
                var words: [String] = []
                let xml = RandomDocument.xml(root: form.document.documentRoot ?? "Root", words: &words, using: &generator)
                guard let value = try? form.value(xml) else { continue }
                read += 1
                let text = value.text
                for word in words { #expect(text.contains(word), "\(name): \(word) of \(xml) is lost in \(text)") }
            }
        }
        #expect(read > 1000)
    }
}

extension DocumentForm {
    var documentRoot: String? {
        switch self {
        // What is no document of its own has none.
        case .xml(let root, _, _): root.isEmpty ? nil : root
        case .text, .json, .none: nil
        }
    }
}
