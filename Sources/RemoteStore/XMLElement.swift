package import FileSystemTypes
package import ObjectStorage

/// A small XML document as a tree: for everything but listings.
package struct XMLElement {
    package var name: String
    package var text = ""
    package var children: [XMLElement] = []

    package static func parse(_ document: Bytes) throws(StoreError) -> XMLElement {
        let builder = XMLTreeBuilder()
        try XMLPushParser.parse(document, builder)
        guard let root = builder.root else { throw StoreError(.invalidResponse, "the store's answer has no root element") }
        return root
    }

    /// As `parse`, but the root must be `name`: an `<Error>`, which some stores send with status 200, is thrown.
    static func parse(_ document: Bytes, root name: String) throws(StoreError) -> XMLElement {
        let root = try parse(document)
        if root.name == "Error" {
            let described = try ErrorDocument(root)
            let reason = StoreError.reason(code: described.code, status: 500)
            var error = StoreError(reason, described.message ?? described.code, status: 200, serviceCode: described.code)
            error.requestID = described.requestID
            throw error
        }
        guard root.name == name else { throw StoreError(.invalidResponse, "the store answered <\(root.name)> instead of <\(name)>") }
        return root
    }

    package func first(_ name: String) -> XMLElement? {
        children.first { $0.name == name }
    }

    package func all(_ name: String) -> [XMLElement] {
        children.filter { $0.name == name }
    }

    /// The text of the first child of that name.
    package func text(_ name: String) -> String? {
        first(name)?.text
    }
}

final class XMLTreeBuilder: XMLHandler {
    private(set) var root: XMLElement?
    private var open: [XMLElement] = []

    func start(_ name: String, depth: Int) {
        open.append(XMLElement(name: name))
    }

    func end(_ name: String, parent: String?, text: String) {
        guard var element = open.popLast() else { return }
        element.text = text
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].children.append(element)
        }
    }
}
