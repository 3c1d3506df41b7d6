internal import FileSystemTypes

/// Names that the kernel has been told are not there, and believes for long: so many that it can be told of each when somebody knows better.
struct AbsentNames: Sendable {
    static let most = 16_384
    /// What is not remembered here is not to be believed for longer.
    static let shortTime = Duration.seconds(1)

    private var names: [Inode: Set<FileName>] = [:]
    private var count = 0

    /// For how long the kernel may believe that the name is not there, where it would for `ttl`.
    mutating func note(_ name: FileName, in parent: Inode, _ ttl: Duration) -> Duration {
        guard ttl > Self.shortTime else { return ttl }
        if names[parent]?.contains(name) == true { return ttl }
        guard count < Self.most else { return Self.shortTime }
        names[parent, default: []].insert(name)
        count += 1
        return ttl
    }

    /// Those of a folder; they are not remembered any more.
    mutating func take(in folder: Inode) -> Set<FileName> {
        let taken = names.removeValue(forKey: folder) ?? []
        count -= taken.count
        return taken
    }
}
