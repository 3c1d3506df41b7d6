package import FileSystemTypes

/// Which times of a file an operation marks for update.
package struct TouchedTimes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let accessed = TouchedTimes(rawValue: 1)
    package static let modified = TouchedTimes(rawValue: 2)
    package static let changed = TouchedTimes(rawValue: 4)
    package static let content: TouchedTimes = [.modified, .changed]
}

/// An operation, for the sake of its times: POSIX.1-2017, each function's "shall mark for update", and inode(7).
package enum TimedOperation: CaseIterable, Sendable {
    /// At least one byte, of a file, a folder's names or a link's target.
    case read
    /// At least one byte.
    case write
    /// truncate(2) to another size, open(2) with `O_TRUNC`, fallocate(2) that changes content or size.
    case truncate
    case changePermissions
    case changeOwner
    /// Beside the times that are set.
    case changeTimes
    case changeExtendedAttribute
    case create
    case remove
    /// Also of a link count.
    case rename

    /// What happens to the times of the file.
    package var file: TouchedTimes {
        switch self {
        case .read: .accessed
        case .write, .truncate: .content
        case .changePermissions, .changeOwner, .changeTimes, .changeExtendedAttribute, .remove, .rename: .changed
        case .create: [.accessed, .modified, .changed]
        }
    }

    /// What happens to the times of the folder that the name is in (both folders of a rename).
    package var folder: TouchedTimes {
        switch self {
        case .create, .remove, .rename: .content
        default: []
        }
    }
}

/// When reading changes the access time (`--atime`).
package enum AccessTimePolicy: String, Sendable, CaseIterable {
    case off
    /// mount(8), relatime: when it is not younger than the other times, or a day old.
    case relatime

    package func isDue(accessed: Timestamp, modified: Timestamp, changed: Timestamp, now: Timestamp) -> Bool {
        guard self == .relatime else { return false }
        return accessed <= modified || accessed <= changed || now.seconds - accessed.seconds >= 24 * 3600
    }
}
