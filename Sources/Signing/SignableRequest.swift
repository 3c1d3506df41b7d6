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
    /// The bucket that the host names: in virtual-host style the bucket, behind a domain of its own that domain.
    /// Nil when the path begins with the bucket, or there is none. Version 2 and OBS signatures cover it; Version 4 signs the host instead.
    package var hostBucket: String?

    package init(
        method: String, host: String, path: String, query: [QueryItem] = [], headers: [HeaderField] = [], hostBucket: String? = nil
    ) {
        self.method = method
        self.host = host
        self.path = path
        self.query = query
        self.headers = headers
        self.hostBucket = hostBucket
    }

    /// The value of the first header of this name, whatever its case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }

    /// The query as it stands on the wire, without `?`.
    package var queryText: String {
        query.map { item in item.value.map { "\(item.name)=\($0)" } ?? item.name }.joined(separator: "&")
    }

    /// The path and the query, as a URL or a request line has them.
    package var target: String {
        query.isEmpty ? path : "\(path)?\(queryText)"
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
