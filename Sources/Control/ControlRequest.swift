package import Reports

/// One line of JSON that a command sends to a running mount.
package struct ControlRequest: Codable, Hashable, Sendable {
    package enum Command: String, Codable, Sendable, CaseIterable {
        /// Answered with `status`.
        case status
        /// Waits until what is queued now is stored; `pending` on the way, an `outcome` for each file that failed.
        case sync
        /// Waits until the mount has ended; as `sync`, with an outcome for each file that remains.
        case ending
        /// Each thing that is kept, as `kept`.
        case list
        /// The following answer an `outcome` for each file.
        case retry
        case keepBoth = "keep-both"
        case discard
        case acknowledge
        case export
        /// What was read is dropped; answered with an outcome.
        case dropCache = "drop-cache"
        /// What is known of `path` and below it is asked for again; answered with an outcome.
        case refresh
        /// Messages below `level` are not logged any more; answered with an outcome.
        case logLevel = "log-level"
    }

    /// Of the protocol: a mount of another one says so.
    package static let currentVersion = 2

    package var version = Self.currentVersion
    package var command: Command
    /// As `String(escaping:)` shows them; nil for all.
    package var keys: [String]?
    /// Where `export` writes, absolute.
    package var folder: String?
    /// Names from the top of the mount down, in bytes.
    package var path: [[UInt8]]?
    package var level: String?

    package init(_ command: Command, keys: [String]? = nil, folder: String? = nil) {
        self.command = command
        self.keys = keys
        self.folder = folder
    }
}

/// One line of JSON that a mount answers. Several may come; the last one has `isLast`. One that says nothing shows that the mount lives.
package struct ControlAnswer: Codable, Hashable, Sendable {
    package var status: MountStatus?
    package var kept: KeptReport?
    package var outcome: FileOutcome?
    package var pending: PendingReport?
    /// Why the request as a whole failed; nothing follows.
    package var error: String?
    package var isLast = false

    package init() {}

    package init(error: String) {
        self.error = error
        isLast = true
    }

    package static var last: ControlAnswer {
        var answer = ControlAnswer()
        answer.isLast = true
        return answer
    }
}
