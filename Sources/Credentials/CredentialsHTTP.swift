/// How providers reach metadata services and token services.
///
/// The implementation verifies TLS, follows no redirect (a header may hold a secret), asks no proxy for link-local addresses,
/// and refuses bodies longer than `CredentialsRequest.bodyLimit`.
package protocol CredentialsHTTP: Sendable {
    /// Any status is an answer. Throws when there is none within the timeout; the error's text contains nothing of the request but its URL.
    func send(_ request: CredentialsRequest) async throws(CredentialsError) -> CredentialsResponse
}

/// A request of a provider. Only its method and URL, which hold no secret, are ever shown.
package struct CredentialsRequest: Sendable {
    /// Longest body of an answer that anyone needs.
    package static let bodyLimit = 256 << 10

    package var method: String
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]?
    /// From connecting to the last byte.
    package var timeout: Duration

    package init(_ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil, timeout: Duration) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }
}

/// The answer to a `CredentialsRequest`. Only its status is ever shown.
package struct CredentialsResponse: Sendable {
    package let status: Int
    /// Names in lower case.
    package let headers: [String: String]
    package let body: [UInt8]

    package init(status: Int, headers: [String: String], body: [UInt8]) {
        self.status = status
        self.headers = Dictionary(headers.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
        self.body = body
    }

    /// The body as text, without blanks and line ends around it.
    var text: String {
        var text = Substring(String(decoding: body, as: UTF8.self))
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension CredentialsRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(method) \(url)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["method": method, "url": url]) }
}

extension CredentialsResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "status \(status)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["status": status]) }
}
