/// A file whose present state the store does not have, as a mount tells it.
package struct FileReport: Codable, Hashable, Sendable {
    /// How far it has come.
    package enum Phase: String, Codable, Sendable {
        /// Open, with changes: stored when it is closed or synced.
        case open
        /// Waits for its upload.
        case queued
        case uploading
        /// The last attempt failed; another one follows.
        case retrying
    }

    /// As `String(escaping:)` shows it.
    package var key: String
    /// Of the whole file.
    package var bytes: Int64
    package var phase: Phase
    /// Seconds since its last change.
    package var age: Double
    /// Bytes that the store has of it already, in parts; nil for a file that is stored by one request, or not yet begun.
    package var sent: Int64?
    /// Why the last attempt to store it failed.
    package var error: String?

    package init(key: String, bytes: Int64, phase: Phase, age: Double, sent: Int64? = nil, error: String? = nil) {
        self.key = key
        self.bytes = bytes
        self.phase = phase
        self.age = age
        self.sent = sent
        self.error = error
    }
}

/// What became of one file that somebody asked something for.
package struct FileOutcome: Codable, Hashable, Sendable {
    package var key: String
    /// What was done, or why it was not: one line.
    package var text: String
    package var isFailure: Bool

    package init(key: String, text: String, isFailure: Bool) {
        self.key = key
        self.text = text
        self.isFailure = isFailure
    }
}

/// What is still to be stored.
package struct PendingReport: Codable, Hashable, Sendable {
    package var files: Int
    package var bytes: Int64

    package init(files: Int, bytes: Int64) {
        self.files = files
        self.bytes = bytes
    }
}
