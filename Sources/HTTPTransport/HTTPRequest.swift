package import FileSystemTypes

/// One HTTP request, as it goes on the wire.
package struct HTTPRequest: Sendable {
    package var method: String
    /// `scheme://host[:port]/path?query`, percent-encoded; path and query are sent as they are, without any normalisation.
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: (any ByteSource)?
    package var delivery: Delivery
    /// Ask the server before sending the body (RFC 9110, 10.1.1).
    package var expectsContinue = false
    /// libcurl sends a request again by itself when a connection that was kept open ends without an answer. False for a request that
    /// must not be carried out twice: it fails then, with its outcome unknown.
    package var mayRepeat = true
    /// From submission to the last byte; nil leaves it to the idle timeout.
    package var totalTimeout: Duration?
    /// Instead of the transport's: for requests that a server works on in silence.
    package var idleTimeout: Duration?

    /// How the body of the answer reaches the caller.
    package enum Delivery: Hashable, Sendable {
        /// As it arrives, read with `ResponseBody.next`; at most about 1 MiB waits unread.
        case streamed
        /// Whole, with the response; an answer longer than `limit` bytes is an error.
        case collected(limit: Int)
    }

    package init(method: String, url: String, headers: [(name: String, value: String)] = [], body: (any ByteSource)? = nil, delivery: Delivery) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.delivery = delivery
    }
}

/// The answer to an `HTTPRequest`: any status is an answer.
package struct HTTPResponse: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    package let body: ResponseBody
}

/// The header fields of an answer.
package struct HTTPHeaders: Sendable {
    /// Names in lower case, in the order they arrived.
    package private(set) var fields: [(name: String, value: String)] = []

    package init() {}

    package mutating func append(_ name: String, _ value: String) {
        fields.append((name.lowercased(), value))
    }

    /// The value of the first field of that name; `name` in lower case.
    package subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }
}
