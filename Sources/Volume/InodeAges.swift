internal import FileSystemTypes

/// Inodes in the order in which they became known; some of them may be gone.
struct InodeAges: Sendable {
    private var inodes: [Inode] = []
    /// What was before has been taken out.
    private var start = 0

    /// `known`: how many inodes there are; `isKnown` tells of one whether it is still there.
    mutating func add(_ inode: Inode, known: Int, _ isKnown: (Inode) -> Bool) {
        if inodes.count - start > 2 * known + 1024 { inodes = inodes[start...].filter(isKnown); start = 0 }
        inodes.append(inode)
    }

    /// The oldest.
    mutating func next() -> Inode? {
        guard start < inodes.count else { return nil }
        defer {
            start += 1
            if start > 4096, start > inodes.count / 2 {
                inodes.removeFirst(start)
                start = 0
            }
        }
        return inodes[start]
    }
}
