/// What a running mount says of itself.
package struct MountStatus: Codable, Hashable, Sendable {
    /// Bytes taken of those allowed.
    package struct Usage: Codable, Hashable, Sendable {
        package var used: Int64
        package var limit: Int64

        package init(used: Int64, limit: Int64) {
            self.used = used
            self.limit = limit
        }
    }

    /// How many files of each kind the journal has.
    package struct Journal: Codable, Hashable, Sendable {
        /// Acknowledged, and not in the store.
        package var waiting: Int
        package var conflicts: Int
        package var failed: Int
        package var deletions: Int
        package var conflictCopies: Int

        package init(waiting: Int, conflicts: Int, failed: Int, deletions: Int, conflictCopies: Int) {
            self.waiting = waiting
            self.conflicts = conflicts
            self.failed = failed
            self.deletions = deletions
            self.conflictCopies = conflictCopies
        }
    }

    /// Requests to the store: how many there may be and are now, and what there has been since the mount began.
    package struct Requests: Codable, Hashable, Sendable {
        package var limit: Int
        package var underWay: Int
        package var waiting: Int
        package var sent: Int
        /// Answers that said that there were too many.
        package var throttled: Int
        /// Questions asked a second time because their answer was late, and those that were answered earlier for it.
        package var hedged: Int
        package var hedgesWon: Int
        /// Questions that did without a request because the same one had been asked already.
        package var merged: Int
        /// Sent again because they had failed.
        package var retried = 0
        /// Requests that failed, by reason.
        package var errors: [String: Int] = [:]
        package var kinds: [RequestReport] = []

        package init(limit: Int, underWay: Int, waiting: Int, sent: Int, throttled: Int, hedged: Int, hedgesWon: Int, merged: Int) {
            self.limit = limit
            self.underWay = underWay
            self.waiting = waiting
            self.sent = sent
            self.throttled = throttled
            self.hedged = hedged
            self.hedgesWon = hedgesWon
            self.merged = merged
        }
    }

    package var mountPoint: String
    package var endpoint: String
    package var bucket: String
    package var prefix: String
    package var process: Int32
    package var version: String
    package var isReadOnly: Bool
    package var writesBack: Bool
    package var settings: SettingsReport?
    /// Seconds since 1970 at which the mount began.
    package var since: Int64
    /// Nil for a mount that allows no changes.
    package var stateFolder: String?
    /// Of the process, in bytes.
    package var memory: Int64
    /// Files and folders whose names and attributes are in memory.
    package var inodes = 0
    /// Files that programs have open.
    package var openFiles = 0
    package var pending = PendingReport(files: 0, bytes: 0)
    /// Files with changes, at most `longestList`, those that failed first.
    package var files: [FileReport] = []
    /// How many more there are.
    package var omittedFiles = 0
    /// Renames of folders that are under way.
    package var moves: [MoveReport] = []
    package var staging: Usage?
    package var journal: Journal?
    package var requests: Requests?
    package var cache: CacheReport?
    package var budget: MemoryReport?
    /// What is kept aside and listed by `windlass recover --list`, at most `longestList`.
    package var kept: [KeptReport] = []
    package var omittedKept = 0
    /// The last warnings and errors, the oldest first.
    package var messages: [MessageReport] = []

    package static let longestList = 500

    package init(
        mountPoint: String, endpoint: String, bucket: String, prefix: String, process: Int32, version: String, isReadOnly: Bool, writesBack: Bool,
        since: Int64, stateFolder: String?, memory: Int64
    ) {
        self.mountPoint = mountPoint
        self.endpoint = endpoint
        self.bucket = bucket
        self.prefix = prefix
        self.process = process
        self.version = version
        self.isReadOnly = isReadOnly
        self.writesBack = writesBack
        self.since = since
        self.stateFolder = stateFolder
        self.memory = memory
    }
}
