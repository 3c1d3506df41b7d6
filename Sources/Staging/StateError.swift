package import FileSystemTypes

/// Why what was to be kept on the local disk could not be kept, or what was kept there could not be read.
package struct StateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, in the terms a caller decides by.
    package enum Reason: Hashable, Sendable {
        /// Another process owns the folder; its id where the folder tells it.
        case inUse(pid: Int32?)
        /// The folder was written by a version of this program with another format.
        case otherFormat
        /// What the folder holds contradicts itself. `StateFolder.setAside` moves it out of the way.
        case damaged
        /// The folder is missing, read-only, somebody else's, or open to others.
        case unusable(Errno)
        /// No space: the disk is full or at its floor, or the staging size is used up.
        case full
        /// Staged bytes are not those that were written.
        case corrupted(file: String, offset: Int64)
        /// A call to the local disk failed.
        case failed(Errno)
        /// The disk did not answer in time. Whether the change was recorded is unknown.
        case timedOut
        /// More changes wait for the disk than may.
        case overloaded
        /// The journal has no such file.
        case noSuchRecord
        /// The journal has been closed, or does not go on after a failure of its disk.
        case closed
    }

    package let reason: Reason
    /// One line that says what happened and what to do.
    package let message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    package var description: String { message }

    /// What the file system tells a program.
    package var errno: Errno {
        switch reason {
        case .full: .noSpace
        case .failed(let errno), .unusable(let errno): errno
        case .timedOut: .timedOut
        case .inUse: .busy
        case .otherFormat, .damaged, .corrupted, .overloaded, .noSuchRecord, .closed: .inputOutput
        }
    }

    /// A failed call to the local disk: `full` where there is no space, `failed` otherwise.
    static func call(_ what: String, _ errno: Errno) -> StateError {
        switch errno {
        case .noSpace, .quotaExceeded:
            StateError(.full, "no space left to \(what); free some on that disk, or choose another --state-dir")
        default: StateError(.failed(errno), "cannot \(what): \(errno)")
        }
    }
}
