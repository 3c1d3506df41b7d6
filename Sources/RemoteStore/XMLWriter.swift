package import FileSystemTypes

/// Writes the small documents that requests carry.
package struct XMLWriter {
    private var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

    package mutating func element(_ name: String, namespace: String? = nil, _ content: (inout XMLWriter) -> Void) {
        text += namespace.map { "<\(name) xmlns=\"\($0)\">" } ?? "<\(name)>"
        content(&self)
        text += "</\(name)>"
    }

    package mutating func element(_ name: String, _ value: String) {
        element(name) { $0.text += Self.escaped(value) }
    }

    package var bytes: Bytes { Bytes(text) }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
