/// The number by which the kernel knows a file while it remembers it.
package struct Inode: Hashable, Sendable {
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The top of the mount (`FUSE_ROOT_ID`).
    package static let root = Inode(1)
}

/// The number by which the kernel knows an open file or directory between open and release.
package struct Handle: Hashable, Sendable {
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }
}
