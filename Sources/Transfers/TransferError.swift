internal import FileSystemTypes

/// Why a transfer, or that of one file, failed.
package struct TransferError: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case failed
        case usage
        /// The source has changed, or somebody else's work stands in the way.
        case conflict
        case notOffered
        /// The user has stopped it.
        case stopped
    }

    package let kind: Kind
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// A failure of the local file system.
    init(_ errno: Errno, _ deed: String, _ path: LocalPath) {
        self.init(.failed, "cannot \(deed) \(path): \(errno)")
    }

    static let stopped = TransferError(.stopped, "stopped")
}

extension TransferError: CustomStringConvertible {
    package var description: String { message }
}
