/// Writes the XML that stores are sent, without declaration and without blanks between elements.
struct DocumentWriter {
    private(set) var text = ""

    /// `attributes` as they are to be written, with a leading blank.
    mutating func element(_ name: String, attributes: String = "", _ content: (inout DocumentWriter) -> Void) {
        text += "<\(name)\(attributes)>"
        content(&self)
        text += "</\(name)>"
    }

    /// A carriage return would be read as a line feed (XML 1.0, 2.11).
    mutating func write(_ value: String) {
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "\r": text += "&#13;"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
