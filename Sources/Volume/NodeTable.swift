internal import FileSystemTypes

/// Nodes by their numbers. Each is out of line: a table has room for about twice what it holds, and that of words is small.
struct NodeTable: Sendable {
    private var nodes: [Inode: Indirect<Node>] = [:]

    var count: Int { nodes.count }
    var inodes: some Sequence<Inode> { nodes.keys }

    subscript(inode: Inode) -> Node? {
        get { nodes[inode]?.value }
        set { nodes[inode] = newValue.map { Indirect($0) } }
    }
}
