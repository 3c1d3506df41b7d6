/// What a request line asks for, exactly as it came: nothing is normalised, so `a//b`, `./a` and `a/../b` are keys of their own.
package struct RequestTarget: Hashable, Sendable {
    /// Percent-encoded as it came, with its leading slash.
    package let rawPath: String
    package let query: [Parameter]

    /// One decoded query parameter; the value of `?uploads` is empty.
    package struct Parameter: Hashable, Sendable {
        package let name: String
        package let value: String
        /// Whether there was a value, be it an empty one.
        package let hasEquals: Bool
    }

    package init(_ uri: String) throws(ServiceError) {
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        rawPath = String(parts[0])
        guard rawPath.hasPrefix("/") else { throw .invalidURI }
        query = try parts.count == 2 ? Self.parameters(of: parts[1]) : []
    }

    private static func parameters(of query: Substring) throws(ServiceError) -> [Parameter] {
        var result: [Parameter] = []
        for item in query.split(separator: "&") {
            let sides = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decodeText(sides[0]), let value = sides.count == 2 ? PercentCoding.decodeText(sides[1]) : "" else {
                throw .invalidURI
            }
            result.append(Parameter(name: name, value: value, hasEquals: sides.count == 2))
        }
        return result
    }

    package func has(_ name: String) -> Bool { query.contains { $0.name == name } }

    package subscript(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// Nil where there is no such parameter; anything but a number from 0 on is refused.
    func number(_ name: String) throws(ServiceError) -> Int? {
        guard let text = self[name] else { return nil }
        guard let number = Int(text), number >= 0, number <= Int(Int32.max) else {
            throw .invalidArgument("Argument \(name) must be an integer between 0 and 2147483647")
        }
        return number
    }
}
