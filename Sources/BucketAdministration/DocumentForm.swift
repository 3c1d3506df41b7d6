internal import FileSystemTypes
internal import ObjectStorage
internal import RemoteStore

/// The document of a setting in one dialect.
package enum DocumentForm: Hashable, Sendable {
    /// `root` has the members of a structure.
    case xml(root: String, namespace: String? = nil, [Member])
    /// `root` has nothing but a text, which JSON calls by a name.
    case text(root: String, namespace: String? = nil, Member)
    /// JSON as it is.
    case json(largest: Int)
    /// There is none: a name says all.
    case none
}

extension DocumentForm {
    /// As JSON has it.
    package var shape: Shape? {
        switch self {
        case .xml(_, _, let members): .structure(members)
        case .text(_, _, let member): .structure([member])
        case .json, .none: nil
        }
    }

    var root: String? {
        switch self {
        case .xml(let root, _, _), .text(let root, _, _): root
        case .json, .none: nil
        }
    }

    /// What the store is sent.
    package func document(_ value: JSONValue) -> String {
        var xml = DocumentWriter()
        switch self {
        case .xml(let root, let namespace, let members):
            xml.write(value, as: root, .structure(members), namespace: Self.attribute(namespace))
        case .text(let root, let namespace, let member):
            xml.element(root, attributes: Self.attribute(namespace)) { $0.write(value[member.name]?.plainText ?? "") }
        case .json, .none: return value.text
        }
        return xml.text
    }

    private static func attribute(_ namespace: String?) -> String {
        namespace.map { " xmlns=\"\($0)\"" } ?? ""
    }

    static func parse(_ document: String) throws(DocumentError) -> XMLElement {
        do throws(StoreError) {
            return try XMLElement.parse(Bytes(document))
        } catch {
            throw DocumentError("this is not XML: \(error.message)")
        }
    }

    /// A document of the store as JSON, with what is not known in it.
    package func value(_ document: String) throws(DocumentError) -> (value: JSONValue, findings: [String]) {
        shape == nil ? (try JSONValue.parse(document), []) : value(try Self.parse(document))
    }

    func value(_ root: XMLElement) -> (value: JSONValue, findings: [String]) {
        var reader = DocumentReader()
        if case .text(_, _, let member) = self, root.children.isEmpty {
            let value = root.text.trimmed.isEmpty ? .null : reader.value(of: root, member.shape, at: member.name)
            return (.object([JSONMember(member.name, value)]), reader.findings)
        }
        return (reader.value(of: root, shape, at: ""), reader.findings)
    }
}

extension JSONValue {
    /// Of a scalar; empty of anything else.
    var plainText: String {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .boolean(let truth): truth ? "true" : "false"
        case .null, .array, .object: ""
        }
    }
}
