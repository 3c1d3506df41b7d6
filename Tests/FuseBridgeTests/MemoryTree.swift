import FileSystemTypes
import Glibc

struct MemoryNode: Sendable {
    struct Child: Sendable {
        var name: FileName
        var inode: Inode
        var cookie: UInt64
    }

    let inode: Inode
    var attributes: Attributes
    var content: [UInt8] = []
    /// In the order of their cookies, which grow and are never used twice.
    var children: [Child] = []
    var index: [FileName: Inode] = [:]
    var parent: Inode = .root
    var lastCookie: UInt64 = 2
    var references: UInt64 = 0
    var opens = 0
    /// Of a symbolic link.
    var target: [UInt8] = []
    var extendedAttributes: [ExtendedAttributeName: [UInt8]] = [:]
    /// The numbers of the blocks that were never written, or punched out.
    var holes: Set<Int> = []

    func child(_ name: FileName) -> Inode? { index[name] }

    mutating func insert(_ name: FileName, _ inode: Inode) {
        lastCookie += 1
        index[name] = inode
        children.append(Child(name: name, inode: inode, cookie: lastCookie))
    }

    mutating func remove(_ name: FileName) {
        index[name] = nil
        children.removeAll { $0.name == name }
    }
}

/// The inodes and handles of a `MemoryFileSystem`.
struct MemoryTree: Sendable {
    var nodes: [Inode: MemoryNode] = [:]
    var handles: [Handle: Inode] = [:]
    private var lastInode = Inode.root.rawValue
    private var lastHandle: UInt64 = 0

    init() {
        nodes[.root] = MemoryNode(inode: .root, attributes: Self.attributes(.root, .directory, 0o755, getuid(), getgid()))
    }

    func node(_ inode: Inode) throws(Errno) -> MemoryNode {
        guard let node = nodes[inode] else { throw .stale }
        return node
    }

    func directory(_ inode: Inode) throws(Errno) -> MemoryNode {
        let node = try node(inode)
        guard node.attributes.kind == .directory else { throw .notDirectory }
        return node
    }

    mutating func referenced(_ inode: Inode) throws(Errno) -> MemoryNode {
        nodes[inode]?.references += 1
        return try node(inode)
    }

    mutating func forget(_ inode: Inode, _ count: UInt64) {
        guard var node = nodes[inode], inode != .root else { return }
        precondition(node.references >= count, "the kernel forgets more than it was given")
        node.references -= count
        nodes[inode] = node
        dropIfUnused(inode)
    }

    mutating func add(
        _ name: FileName, to parent: Inode, _ kind: FileKind, _ permissions: UInt16, _ caller: Caller
    ) throws(Errno) -> Inode {
        guard try directory(parent).child(name) == nil else { throw .exists }
        lastInode += 1
        let inode = Inode(lastInode)
        var node = MemoryNode(inode: inode, attributes: Self.attributes(inode, kind, permissions, caller.userID, caller.groupID))
        node.parent = parent
        nodes[inode] = node
        nodes[parent]?.insert(name, inode)
        touch(parent)
        return inode
    }

    mutating func unlink(_ name: FileName, in parent: Inode) throws(Errno) {
        guard let inode = try directory(parent).child(name) else { throw .noSuchFile }
        guard try node(inode).attributes.kind != .directory else { throw .isDirectory }
        detach(name, inode, parent)
    }

    mutating func removeDirectory(_ name: FileName, in parent: Inode) throws(Errno) {
        guard let inode = try directory(parent).child(name) else { throw .noSuchFile }
        guard try directory(inode).children.isEmpty else { throw .notEmpty }
        detach(name, inode, parent)
    }

    mutating func rename(
        _ name: FileName, in parent: Inode, to newName: FileName, in newParent: Inode, _ mode: RenameMode
    ) throws(Errno) {
        guard let inode = try directory(parent).child(name) else { throw .noSuchFile }
        let target = try directory(newParent).child(newName)
        if mode == .failIfExists, target != nil { throw .exists }
        if mode == .exchange {
            guard let target else { throw .noSuchFile }
            move(target, from: newName, newParent, to: name, parent)
            return move(inode, from: nil, parent, to: newName, newParent)
        }
        if let target {
            guard try node(target).children.isEmpty else { throw .notEmpty }
            detach(newName, target, newParent)
        }
        move(inode, from: name, parent, to: newName, newParent)
    }

    mutating func change(_ inode: Inode, _ change: AttributeChange) throws(Errno) -> MemoryNode {
        if let size = change.size { try resize(inode, to: Int(size)) }
        var node = try node(inode)
        if let permissions = change.permissions { node.attributes.permissions = permissions }
        if let userID = change.userID { node.attributes.userID = userID }
        if let groupID = change.groupID { node.attributes.groupID = groupID }
        if let accessed = change.accessed { node.attributes.accessed = Self.moment(accessed) }
        if let modified = change.modified { node.attributes.modified = Self.moment(modified) }
        nodes[inode] = node
        return node
    }

    // MARK: Content

    mutating func open(_ inode: Inode) throws(Errno) -> Handle {
        _ = try node(inode)
        lastHandle += 1
        handles[Handle(lastHandle)] = inode
        nodes[inode]?.opens += 1
        return Handle(lastHandle)
    }

    mutating func close(_ handle: Handle) {
        guard let inode = handles.removeValue(forKey: handle) else { preconditionFailure("a handle was released twice") }
        nodes[inode]?.opens -= 1
        dropIfUnused(inode)
    }

    func content(_ handle: Handle, at offset: Int64, count: Int) throws(Errno) -> ArraySlice<UInt8> {
        guard let inode = handles[handle] else { throw .badHandle }
        return try node(inode).content.dropFirst(Int(offset)).prefix(count)
    }

    mutating func write(_ handle: Handle, at offset: Int64, _ bytes: RawSpan) throws(Errno) {
        guard let inode = handles[handle] else { throw .badHandle }
        let end = Int(offset) + bytes.byteCount
        if try node(inode).content.count < end { try resize(inode, to: end) }
        nodes[inode]?.content.replaceBytes(at: Int(offset), with: bytes)
        nodes[inode]?.fill(Int(offset)..<end)
        touch(inode)
    }

    mutating func resize(_ inode: Inode, to size: Int) throws(Errno) {
        let current = try node(inode).content.count
        if size < current {
            nodes[inode]?.content.removeLast(current - size)
        } else {
            nodes[inode]?.content.append(contentsOf: repeatElement(0, count: size - current))
        }
        nodes[inode]?.attributes.size = Int64(size)
        nodes[inode]?.keepHoles(from: current, to: size)
        touch(inode)
    }

    /// Without `.` and `..`, which programs do not miss; the kernel makes its own.
    func list(_ handle: Handle, after cookie: UInt64, _ limit: Int) throws(Errno) -> [DirectoryEntry] {
        guard let inode = handles[handle] else { throw .badHandle }
        let children = try directory(inode).children
        var (low, high) = (0, children.count)
        while low < high {
            let middle = (low + high) / 2
            if children[middle].cookie <= cookie { low = middle + 1 } else { high = middle }
        }
        var result: [DirectoryEntry] = []
        for child in children[low...].prefix(limit) {
            let kind = try node(child.inode).attributes.kind
            result.append(DirectoryEntry(name: child.name.bytes, inode: child.inode, kind: kind, cookie: child.cookie))
        }
        return result
    }

    // MARK: Parts

    private mutating func detach(_ name: FileName, _ inode: Inode, _ parent: Inode) {
        nodes[parent]?.remove(name)
        nodes[inode]?.attributes.linkCount -= 1
        touch(parent)
        dropIfUnused(inode)
    }

    private mutating func move(_ inode: Inode, from name: FileName?, _ parent: Inode, to newName: FileName, _ newParent: Inode) {
        if let name { nodes[parent]?.remove(name) }
        if nodes[newParent]?.child(newName) != nil { nodes[newParent]?.remove(newName) }
        nodes[newParent]?.insert(newName, inode)
        nodes[inode]?.parent = newParent
    }

    private mutating func dropIfUnused(_ inode: Inode) {
        guard let node = nodes[inode], node.attributes.linkCount == 0, node.references == 0, node.opens == 0 else { return }
        nodes[inode] = nil
    }

    mutating func touch(_ inode: Inode) {
        nodes[inode]?.attributes.modified = .now
        nodes[inode]?.attributes.changed = .now
    }

    private static func moment(_ time: AttributeChange.Time) -> Timestamp {
        switch time {
        case .now: .now
        case .at(let moment): moment
        }
    }

    private static func attributes(_ inode: Inode, _ kind: FileKind, _ permissions: UInt16, _ user: UInt32, _ group: UInt32) -> Attributes {
        Attributes(
            inode: inode, kind: kind, permissions: permissions, userID: user, groupID: group, size: 0,
            accessed: .now, modified: .now, changed: .now)
    }
}

extension [UInt8] {
    /// Overwrites the bytes from `offset` on, which must exist.
    fileprivate mutating func replaceBytes(at offset: Int, with bytes: RawSpan) {
        unsafe withUnsafeMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: source)
            }
        }
    }
}
