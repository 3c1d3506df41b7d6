internal import FileSystemTypes

/// The inodes that are known at the moment, and their names: a value without any I/O, kept by `Volume` under a lock.
///
/// An inode stays while the kernel refers to it, while it is open, while the store does not have it, or while one of its children stays.
struct Tree: Sendable {
    private struct ChildName: Hashable {
        let parent: Inode
        let name: FileName
    }

    private var nodes = NodeTable()
    private var inodes: [ChildName: Inode] = [:]
    /// Files that the store does not have yet.
    private var unstored = UnstoredFiles()
    /// What listings have shown of folders.
    var listings: KnownListings
    /// What the store has just said not to have.
    var absences = KnownAbsences()
    var departures = Departures()
    /// What has been known for the longest time.
    private var ages = InodeAges()
    /// What the kernel is about to forget.
    private var leaving = ExpectedForgets()
    /// How often anything was changed from here, in any folder.
    private(set) var changes = 0
    /// What the kernel is still to be told.
    var notices: [KernelNotification] = []
    /// What has been here before.
    var forgotten = ForgottenInodes()

    init(root: Node, listedNames: Int) {
        listings = KnownListings(maximumNames: listedNames)
        nodes[.root] = root
    }

    var count: Int { nodes.count }

    subscript(inode: Inode) -> Node? { nodes[inode] }

    /// Changes a node in place; nil when there is no such inode.
    mutating func update<Value>(_ inode: Inode, _ body: (inout Node) -> Value) -> Value? {
        guard nodes[inode] != nil else { return nil }
        return nodes[inode].map { node in
            var node = node
            defer { nodes[inode] = node }
            return body(&node)
        }
    }

    func child(_ name: FileName, of parent: Inode) -> Inode? {
        inodes[ChildName(parent: parent, name: name)]
    }

    /// The names from the top down; nil for what is unlinked or below something unlinked.
    func path(of inode: Inode) -> [FileName]? {
        var names: [FileName] = []
        var current = inode
        while current != .root {
            guard let node = nodes[current], !node.isUnlinked, let parent = node.parent, let name = node.name else { return nil }
            names.append(name)
            current = parent
        }
        return names.reversed()
    }

    /// The children that the store does not have, with their kinds.
    func localChildren(of parent: Inode) -> [(name: FileName, inode: Inode, kind: FileKind)] {
        unstored[parent].compactMap { inode in
            guard let node = nodes[inode], !node.isUnlinked, let name = node.name else { return nil }
            return (name, inode, node.kind)
        }
    }

    /// Whether a file below a folder is only here.
    func hasUnstored(below folder: Inode) -> Bool {
        unstored.folders.contains { $0 == folder || isBelow($0, folder) }
    }

    private func isBelow(_ inode: Inode, _ ancestor: Inode) -> Bool {
        var current = nodes[inode]?.parent
        while let parent = current {
            if parent == ancestor { return true }
            current = nodes[parent]?.parent
        }
        return false
    }

    mutating func noteUnstored(_ inode: Inode) {
        if let parent = nodes[inode]?.parent { unstored.insert(inode, in: parent) }
    }

    mutating func noteStored(_ inode: Inode) {
        forgetListed(inode)
        guard let parent = nodes[inode]?.parent, unstored.remove(inode, from: parent) else { return }
        // A look at a folder that found nothing was made before there was this file.
        var current = nodes[inode]?.parent
        while let folder = current {
            nodes[folder]?.stores += 1
            current = nodes[folder]?.parent
        }
    }

    /// All inodes below `ancestor`.
    func descendants(of ancestor: Inode) -> [Inode] {
        nodes.inodes.filter { isBelow($0, ancestor) }
    }

    /// The number that a new file of this path gets.
    func freeInode(for path: [FileName]) -> Inode {
        var inode = InodeNumbers.preferred(for: path)
        while nodes[inode] != nil { inode = InodeNumbers.next(after: inode) }
        return inode
    }

    /// Adds a node under a name that no other node has.
    mutating func insert(_ node: Node, as inode: Inode, name: FileName, in parent: Inode) {
        var node = node
        node.parent = parent
        node.name = name
        precondition(nodes[inode] == nil, "an inode number is given twice")
        let previous = inodes.updateValue(inode, forKey: ChildName(parent: parent, name: name))
        precondition(previous == nil, "a name is given twice")
        absences.forget(name, in: parent)
        nodes[inode] = node
        nodes[parent]?.children += 1
        forgotten.giveAway(inode)
        ages.add(inode, known: nodes.count) { nodes[$0] != nil }
    }

    /// Files beyond `limit` inodes that nobody has open, and folders if they may go, those first that have been known for the longest time: at most
    /// `count`. The kernel is to be told to let go of them.
    mutating func superfluous(beyond limit: Int, atMost count: Int, folders: Bool) -> [Inode] {
        let now = ContinuousClock.now
        let excess = min(count, nodes.count - limit - leaving.count(now))
        guard excess > 0 else { return [] }
        var found: [Inode] = []
        var looks = 0
        while found.count < excess, looks < 256 + 4 * excess, let inode = ages.next() {
            looks += 1
            guard let node = nodes[inode] else { continue }
            let mayGo = node.kind == .directory ? folders && node.children == 0 : node.file == nil
            if mayGo, !node.isUnlinked { found.append(inode) }
            // It is asked again when all others have been: the kernel may keep it.
            ages.add(inode, known: nodes.count) { _ in true }
        }
        leaving.note(found.count, now)
        return found
    }

    /// Takes the name away; the inode stays as long as it is used.
    mutating func unlink(_ inode: Inode) {
        guard let node = nodes[inode], !node.isUnlinked, let parent = node.parent, let name = node.name else { return }
        inodes[ChildName(parent: parent, name: name)] = nil
        nodes[inode]?.isUnlinked = true
        nodes[inode]?.attributes.changed = .now
        noteRemoved(name, in: parent)
        dropIfUnused(inode)
    }

    /// Gives the inode another name; whoever had that one loses it.
    mutating func move(_ inode: Inode, to name: FileName, in parent: Inode) {
        if let occupant = child(name, of: parent), occupant != inode { unlink(occupant) }
        guard let node = nodes[inode], let oldParent = node.parent, let oldName = node.name else { return }
        // What was listed below a folder has other keys now.
        if node.kind == .directory { listings.removeAll() }
        inodes[ChildName(parent: oldParent, name: oldName)] = nil
        place(inode, name, in: parent)
        nodes[oldParent]?.children -= 1
        nodes[parent]?.children += 1
        noteRemoved(oldName, in: oldParent)
        noteAdded(name, node.kind, in: parent)
        dropIfUnused(oldParent)
    }

    /// Gives the inode a name that another has, which is given another in the same moment.
    mutating func place(_ inode: Inode, _ name: FileName, in parent: Inode) {
        inodes[ChildName(parent: parent, name: name)] = inode
        absences.forget(name, in: parent)
        nodes[inode]?.name = name
        if let before = nodes[inode]?.parent, before != parent { unstored.move(inode, from: before, to: parent) }
        nodes[inode]?.parent = parent
    }

    mutating func reference(_ inode: Inode) {
        nodes[inode]?.references += 1
    }

    mutating func forget(_ inode: Inode, count: UInt64) {
        guard let references = nodes[inode]?.references else { return }
        nodes[inode]?.references = references - min(count, references)
        dropIfUnused(inode)
    }

    /// Removes a node that nothing holds any more, and then perhaps its parents.
    mutating func dropIfUnused(_ inode: Inode) {
        var current = inode
        while current != .root, let node = nodes[current] {
            guard node.references == 0, node.children == 0, node.file == nil, !node.isMarkerPending || node.isUnlinked else { return }
            nodes[current] = nil
            leaving.noteForget()
            if let parent = node.parent { unstored.remove(current, from: parent) }
            listings.remove(current)
            absences.forgetAll(in: current)
            guard let parent = node.parent else { return }
            if node.isUnlinked {
                forgotten.noteEnd(of: current)
            } else if let name = node.name {
                inodes[ChildName(parent: parent, name: name)] = nil
                forgotten.note(current, ForgottenInodes.Place(parent: parent, name: name))
            }
            nodes[parent]?.children -= 1
            current = parent
        }
    }

    // MARK: Listings

    mutating func noteAdded(_ name: FileName, _ kind: FileKind, in parent: Inode) {
        noteChanged(parent)
        listings.update(parent) { listing in
            listing.set(name, ListedEntry(kind: kind == .directory ? kind : .regular, validUntil: listing.validUntil))
            listing.lastMade = .now
            listing.renewal?.touched.insert(name)
        }
    }

    mutating func noteRemoved(_ name: FileName, in parent: Inode) {
        noteChanged(parent)
        listings.update(parent) { listing in
            listing.set(name, nil)
            listing.renewal?.touched.insert(name)
        }
    }

    /// What was listed of it is older than what the store has of it now.
    private mutating func forgetListed(_ inode: Inode) {
        guard let parent = nodes[inode]?.parent, let name = nodes[inode]?.name else { return }
        changes += 1
        nodes[parent]?.storesBelow += 1
        listings.update(parent) { listing in
            listing.update(name) { ($0.object, $0.found) = (nil, nil) }
            listing.renewal?.touched.insert(name)
        }
    }

    /// First pages that were asked for in advance are asked for again.
    mutating func noteDoubt() {
        changes += 1
    }

    /// The folder's times say so too, here: a request for each name would be needed to store them.
    private mutating func noteChanged(_ folder: Inode) {
        let now = Timestamp.now
        changes += 1
        nodes[folder]?.changes += 1
        nodes[folder]?.touched = now
        nodes[folder]?.attributes.modified = now
        nodes[folder]?.attributes.changed = now
    }
}
