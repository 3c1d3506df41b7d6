import ArgumentParser
import BucketAdministration
import Foundation

/// Where the document of a setting comes from, and what is done with it.
struct DocumentSource: ParsableArguments {
    @Option(
        name: .customLong("value"),
        help: ArgumentHelp(
            "A word instead of a document, where one says all: Enabled, 10G, WARM, public-read; KEY=VALUE of each tag.", valueName: "word"))
    var values: [String] = []

    @Flag(help: "Show what would change, and change nothing.") var dryRun = false

    @Flag(help: "Send the document even if it is not like what is known of such documents.") var unchecked = false

    /// In bytes; no store takes more.
    private static let largest = 1 << 20

    /// What is to be set, and which one is meant.
    func wish(_ feature: BucketFeature, _ form: FeatureForm, words: [String]) throws(AdministrationError) -> (String?, BucketAdministration.Wish) {
        var words = words[...]
        var item: String?
        if form.isNamedWhenSet { item = words.popFirst() }
        if form.document == .none { return (item, try nothing(words)) }
        if !values.isEmpty {
            guard words.isEmpty else { throw .usage("--value and a file exclude each other") }
            return (item, try word(form))
        }
        guard words.count == 1, let path = words.first else {
            throw .usage("'\(feature.name)' is set by a document: give one file, or - for standard input")
        }
        return (item, .document(try document(try Self.text(path), feature, form)))
    }

    private func nothing(_ words: ArraySlice<String>) throws(AdministrationError) -> BucketAdministration.Wish {
        guard words.isEmpty, values.isEmpty else { throw .usage("this takes a name only") }
        return .nothing
    }

    private func word(_ form: FeatureForm) throws(AdministrationError) -> BucketAdministration.Wish {
        if case .canned = form.shorthand {
            guard values.count == 1 else { throw .usage("give one --value only") }
            return .canned(values[0])
        }
        return .document(try Self.understood { () throws(DocumentError) in WrittenDocument(value: try form.value(words: values)) })
    }

    private func document(_ text: String, _ feature: BucketFeature, _ form: FeatureForm) throws(AdministrationError) -> WrittenDocument {
        var document = try Self.understood { () throws(DocumentError) in try form.written(text, for: feature) }
        document.isChecked = !unchecked
        return document
    }

    private static func understood(_ body: () throws(DocumentError) -> WrittenDocument) throws(AdministrationError) -> WrittenDocument {
        do throws(DocumentError) {
            return try body()
        } catch {
            throw .invalid([error.description])
        }
    }

    private static func text(_ path: String) throws(AdministrationError) -> String {
        let handle = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
        guard let handle, let data = try? handle.read(upToCount: largest + 1) else { throw .usage("cannot read the document in \(path)") }
        guard data.count <= largest else { throw .usage("the document in \(path) is longer than \(largest) bytes") }
        guard let text = String(data: data, encoding: .utf8) else { throw .usage("the document in \(path) is not UTF-8") }
        return text
    }
}
