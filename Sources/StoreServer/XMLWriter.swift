/// Writes the XML of answers: elements with text, hardly any attributes.
struct XMLWriter {
    private(set) var bytes: [UInt8] = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8)

    /// One document with the elements that `content` writes.
    static func document(_ root: String, namespace: String?, _ content: (inout XMLWriter) -> Void) -> [UInt8] {
        var writer = XMLWriter()
        writer.bytes += "<\(root)\(namespace.map { " xmlns=\"\($0)\"" } ?? "")>".utf8
        content(&writer)
        writer.bytes += "</\(root)>".utf8
        return writer.bytes
    }

    /// One document whose root has nothing but text.
    static func text(_ root: String, namespace: String?, _ text: String) -> [UInt8] {
        document(root, namespace: namespace) { writer in
            for byte in text.utf8 { writer.append(byte) }
        }
    }

    mutating func element(_ name: String, _ content: (inout XMLWriter) -> Void) {
        element(name, attributes: "", content)
    }

    /// `attributes` as they are to be written, with a leading blank.
    mutating func element(_ name: String, attributes: String, _ content: (inout XMLWriter) -> Void) {
        open(name + attributes)
        content(&self)
        close(name)
    }

    mutating func element(_ name: String, _ text: String) {
        open(name)
        for byte in text.utf8 { append(byte) }
        close(name)
    }

    mutating func element(_ name: String, _ number: some BinaryInteger) { element(name, String(number)) }
    mutating func element(_ name: String, _ truth: Bool) { element(name, truth ? "true" : "false") }

    mutating func optional(_ name: String, _ text: String?) {
        if let text { element(name, text) }
    }

    private mutating func open(_ name: String) {
        bytes.append(UInt8(ascii: "<"))
        bytes += name.utf8
        bytes.append(UInt8(ascii: ">"))
    }

    private mutating func close(_ name: String) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(UInt8(ascii: "/"))
        bytes += name.utf8
        bytes.append(UInt8(ascii: ">"))
    }

    /// Control characters become references that XML 1.0 has no characters for, as the real service writes them.
    private mutating func append(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "&"): bytes += "&amp;".utf8
        case UInt8(ascii: "<"): bytes += "&lt;".utf8
        case UInt8(ascii: ">"): bytes += "&gt;".utf8
        case UInt8(ascii: "\""): bytes += "&quot;".utf8
        case 0..<32: bytes += "&#\(byte);".utf8
        default: bytes.append(byte)
        }
    }
}
