package import FileSystemTypes

/// Why a request to a store failed.
package struct StoreError: Error, Hashable, Sendable {
    /// What went wrong, in the terms a caller decides by.
    package enum Reason: Hashable, Sendable {
        case noSuchKey
        case noSuchBucket
        case noSuchUpload
        case accessDenied
        /// The keys are unknown, wrong, expired or revoked.
        case badCredentials
        /// The store's clock and ours differ too much.
        case clockSkew
        case preconditionFailed
        case notModified
        /// Somebody else was changing the same thing; trying again may help.
        case conflict
        /// An append elsewhere than at the object's end.
        case wrongPosition
        /// The object can not, or no longer, be appended to.
        case notAppendable
        case bucketNotEmpty
        case bucketExists
        case invalidRange
        case invalidRequest
        case invalidPart
        case keyTooLong
        case metadataTooLarge
        case tooLarge
        case quotaExceeded
        case storageFull
        /// The object is in an archive class and must be restored first.
        case archived
        /// The object is protected by retention or a legal hold.
        case locked
        case unsupported
        case wrongRegion
        /// The bytes that arrived are not those that were sent.
        case corrupted
        case throttled
        /// The store answered that it could not: 5xx.
        case unavailable
        /// No connection: name not found, refused, reset, TLS failure.
        case unreachable
        case timedOut
        /// The store answered something that is not its protocol.
        case invalidResponse
        case cancelled
        /// The bytes to be sent could not be read on this machine.
        case localFailure
        /// The bytes to be sent are not those that were written any more.
        case localDamage
    }

    /// What stood in the way of a connection.
    package enum Obstacle: Hashable, Sendable {
        case name
        case tls
        case connection
    }

    package var reason: Reason
    package var message: String
    /// The HTTP status, where there was an answer.
    package var status: Int?
    /// The store's own error code, e.g. `NoSuchKey`.
    package var serviceCode: String?
    package var requestID: String?
    /// The operation and key, e.g. `GET a/b`.
    package var operation: String?
    /// How often the request was sent in all.
    package var attempts = 1
    /// How long the store asks to be left alone.
    package var retryAfter: Duration?
    /// The request may have been carried out although no answer says so.
    package var outcomeUnknown = false
    /// Only of `unreachable` and `timedOut`, and only where it is known.
    package var obstacle: Obstacle?
    /// What the store's clock showed when it answered.
    package var storeTime: Timestamp?
    /// The region that the store names as the right one.
    package var region: String?

    package init(_ reason: Reason, _ message: String, status: Int? = nil, serviceCode: String? = nil) {
        self.reason = reason
        self.message = message
        self.status = status
        self.serviceCode = serviceCode
    }
}

extension StoreError: CustomStringConvertible {
    /// One line for a log: what was asked, what came back, how often. Never a credential or a signature.
    package var description: String {
        var text = operation.map { "\($0): " } ?? ""
        text += message
        var details: [String] = []
        if let status { details.append("status \(status)") }
        if let serviceCode { details.append(serviceCode) }
        if let requestID { details.append("request \(requestID)") }
        if attempts > 1 { details.append("\(attempts) tries") }
        if !details.isEmpty { text += " (\(details.joined(separator: ", ")))" }
        return text
    }
}
