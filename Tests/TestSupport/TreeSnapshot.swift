/// Everything a file tree holds: what a sequence of operations leaves behind.
package struct TreeSnapshot: Hashable, Sendable {
    package enum Node: Hashable, Sendable {
        case folder
        case file([UInt8])
    }

    package var nodes: [TreePath: Node]

    package init(_ nodes: [TreePath: Node] = [:]) {
        self.nodes = nodes
    }

    /// One line for each path that differs; empty when both are the same.
    package func differences(from expected: TreeSnapshot) -> [String] {
        Set(nodes.keys).union(expected.nodes.keys).sorted().compactMap { path in
            let mine = nodes[path]
            let theirs = expected.nodes[path]
            return mine == theirs ? nil : "\(path): \(text(mine)) instead of \(text(theirs))"
        }
    }

    private func text(_ node: Node?) -> String {
        switch node {
        case nil: "nothing"
        case .folder: "a folder"
        case .file(let bytes): "a file of \(Outcome.bytes(bytes))"
        }
    }
}
