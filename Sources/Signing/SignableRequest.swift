/// What a signature covers: a request as it will stand on the wire.
package struct SignableRequest: Sendable {
    package var method: String
    /// As the `Host` header carries it, with the port unless it is the scheme's own.
    package var host: String
    /// Percent-encoded, beginning with `/`; never normalised.
    package var path: String
    /// Names and values percent-encoded; a nil value stands for a name without `=`.
    package var query: [QueryItem]
    package var headers: [HeaderField]

    package init(method: String, host: String, path: String, query: [QueryItem] = [], headers: [HeaderField] = []) {
        self.method = method
        self.host = host
        self.path = path
        self.query = query
        self.headers = headers
    }
}

/// One parameter of a query, encoded as it stands on the wire.
package struct QueryItem: Hashable, Sendable {
    package let name: String
    package let value: String?

    package init(_ name: String, _ value: String? = nil) {
        self.name = name
        self.value = value
    }

    /// Encodes a raw name and value.
    package static func encoding(_ name: String, _ value: String) -> QueryItem {
        QueryItem(PercentEncoding.encode(name), PercentEncoding.encode(value))
    }
}

package struct HeaderField: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
