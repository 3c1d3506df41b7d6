/// What fallocate(2) is to do with a range; empty is to make it readable, as zeros where nothing was written, growing the file.
package struct AllocationMode: OptionSet, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The size stays as it is, also when the range ends past it.
    package static let keepSize = AllocationMode(rawValue: 0x01)
    /// The range becomes a hole; always together with `keepSize`.
    package static let punchHole = AllocationMode(rawValue: 0x02)
    /// The range becomes zeros.
    package static let zeroRange = AllocationMode(rawValue: 0x10)
    /// All that Linux passes on to a FUSE file system.
    package static let known: AllocationMode = [.keepSize, .punchHole, .zeroRange]
}

/// What lseek(2) looks for.
package enum SeekTarget: Hashable, Sendable {
    /// `SEEK_DATA`
    case data
    /// `SEEK_HOLE`; the end of the file counts as one.
    case hole
}
