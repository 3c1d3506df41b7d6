/// Why a mount could not be asked, or could not be made askable: one line that says what to do.
package struct ControlError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// Nobody listens.
        case noListener
        /// The other side was silent for too long.
        case timedOut
        /// The other side has gone.
        case ended
        /// What came is not the protocol.
        case malformed
        /// The folder or socket cannot be used as it is.
        case unusable
    }

    package let reason: Reason
    package let description: String

    package init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
