internal import FileSystemTypes

/// Files that the store does not have yet, by the folders they are in: there may be very many, and each listing of a folder asks for its own.
struct UnstoredFiles: Sendable {
    private var inodes: [Inode: Set<Inode>] = [:]

    /// Where there are any.
    var folders: some Sequence<Inode> { inodes.keys }

    /// Those in a folder.
    subscript(folder: Inode) -> Set<Inode> { inodes[folder] ?? [] }

    mutating func insert(_ inode: Inode, in folder: Inode) {
        inodes[folder, default: []].insert(inode)
    }

    /// Whether it was there.
    @discardableResult mutating func remove(_ inode: Inode, from folder: Inode) -> Bool {
        guard let index = inodes.index(forKey: folder) else { return false }
        let removed = inodes.values[index].remove(inode) != nil
        if inodes.values[index].isEmpty { inodes.remove(at: index) }
        return removed
    }

    /// The file is in another folder now, if it is one of these.
    mutating func move(_ inode: Inode, from old: Inode, to new: Inode) {
        if remove(inode, from: old) { insert(inode, in: new) }
    }
}
