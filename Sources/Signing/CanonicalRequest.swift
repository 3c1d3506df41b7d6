/// The text of a request that Signature Version 4 hashes.
package struct CanonicalRequest: Sendable {
    package let text: String
    /// Names of the signed headers, joined by `;`.
    package let signedHeaders: String

    package init(_ request: SignableRequest, payload: String, covering selection: HeaderSelection = .standard) {
        let headers = Self.canonicalHeaders(request, selection)
        signedHeaders = headers.map(\.name).joined(separator: ";")
        let block = headers.map { "\($0.name):\($0.value)\n" }.joined()
        text = [request.method, request.path, Self.canonicalQuery(request.query), block, signedHeaders, payload].joined(separator: "\n")
    }

    /// Sorted by encoded name, then value; a name without value gets an empty one.
    private static func canonicalQuery(_ query: [QueryItem]) -> String {
        query.map { (reencoded($0.name), reencoded($0.value ?? "")) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
            .map { "\($0.0)=\($0.1)" }
            .joined(separator: "&")
    }

    /// Some clients leave `/` and other harmless characters bare in a query; the signature wants them encoded.
    private static func reencoded(_ text: String) -> String {
        PercentEncoding.encode(PercentEncoding.decode(text.utf8), keeping: nil)
    }

    private static func canonicalHeaders(_ request: SignableRequest, _ selection: HeaderSelection) -> [(name: String, value: String)] {
        var values: [String: [String]] = ["host": [request.host]]
        for field in request.headers {
            let name = field.name.lowercased()
            guard selection.covers(name) else { continue }
            values[name, default: []].append(collapsed(field.value))
        }
        return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value.joined(separator: ",")) }
    }

    /// Trimmed, with inner runs of blanks as one.
    private static func collapsed(_ value: String) -> String {
        value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    }
}
