/// A configuration that cannot be used: one line with file and line.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ file: String, _ line: Int, _ reason: String) {
        description = "\(file):\(line): \(reason)"
    }

    package init(unreadable file: String) {
        description = "\(file) cannot be read; check its permissions, and that it is UTF-8"
    }

    init(_ reason: String) {
        description = reason
    }
}
