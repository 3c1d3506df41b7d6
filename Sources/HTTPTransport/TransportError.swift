/// Why a request got no complete answer.
package struct TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case invalidRequest
        case nameNotResolved
        case connectFailed
        case tls
        case connectTimeout
        /// Nothing moved for the idle timeout.
        case idleTimeout
        case totalTimeout
        /// The connection ended before the answer began, or broke while bytes were on their way.
        case connectionLost
        /// The body ended before its announced length.
        case truncated
        case malformedAnswer
        case answerTooLong
        /// The request's body could not be read.
        case bodyUnreadable
        case cancelled
        case shutDown
    }

    package let reason: Reason
    /// One line, with libcurl's own words.
    package let description: String

    package init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }

    /// The server may have carried out the request although no answer says so.
    package var outcomeUnknown: Bool {
        switch reason {
        case .invalidRequest, .nameNotResolved, .connectFailed, .tls, .connectTimeout: false
        default: true
        }
    }
}
