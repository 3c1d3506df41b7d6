/// The variables of an environment. They hold secrets, so no description, dump or mirror shows them.
struct Variables: Sendable {
    let values: [String: String]

    init(_ values: [String: String]) {
        self.values = values
    }

    /// Nil for a variable set to the empty text too, as in the AWS tools.
    subscript(name: String) -> String? {
        values[name]?.nonEmpty
    }
}

extension Variables: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { "Variables(\(values.count))" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: ["count": values.count]) }
}
