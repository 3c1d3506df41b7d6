package import FileSystemTypes
package import ObjectStorage

/// A place in a file tree: the names that lead to it from the top, none for the top itself.
package struct TreePath: Hashable, Sendable {
    package let names: [FileName]

    package init(_ names: [FileName] = []) {
        self.names = names
    }

    /// Nil when a component between slashes is no name.
    package init?(_ text: String) {
        var names: [FileName] = []
        for part in text.utf8.split(separator: UInt8(ascii: "/")) {
            guard let name = FileName(Array(part)) else { return nil }
            names.append(name)
        }
        self.names = names
    }

    package var isRoot: Bool { names.isEmpty }
    package var name: FileName? { names.last }
    package var parent: TreePath { TreePath(names.dropLast()) }

    package func appending(_ name: FileName) -> TreePath { TreePath(names + [name]) }

    /// True for the path itself and everything below it.
    package func contains(_ other: TreePath) -> Bool { other.names.starts(with: names) }

    /// The bytes of the path, relative to the top.
    package var bytes: [UInt8] { Array(names.map(\.bytes).joined(separator: [UInt8(ascii: "/")])) }

    /// The key of the object that shows as a file at this path.
    package var key: Key { Key(bytes) }
    /// The key that makes a folder of this path.
    package var folderKey: Key { Key(bytes + [UInt8(ascii: "/")]) }
}

extension TreePath: Comparable {
    package static func < (left: TreePath, right: TreePath) -> Bool {
        left.names.lexicographicallyPrecedes(right.names)
    }
}

extension TreePath: CustomStringConvertible {
    package var description: String { "/" + names.map(\.description).joined(separator: "/") }
}
