import FileSystemTypes
import Synchronization

/// What POSIX has beyond files, directories and names.
extension MemoryFileSystem {
    // MARK: Links and nodes

    func makeNode(
        _ name: FileName, in parent: Inode, kind: FileKind, permissions: UInt16, device: DeviceNumber, for caller: Caller
    ) async throws(Errno) -> Entry {
        try await begin("mknod")
        noteCreation(name, permissions, caller)
        return entry(
            try tree.withLock { tree throws(Errno) in
                let inode = try tree.add(name, to: parent, kind, permissions, caller)
                tree.nodes[inode]?.attributes.device = device
                return try tree.referenced(inode)
            })
    }

    func makeSymbolicLink(_ name: FileName, in parent: Inode, to target: [UInt8], for caller: Caller) async throws(Errno) -> Entry {
        try await begin("symlink")
        return entry(
            try tree.withLock { tree throws(Errno) in
                let inode = try tree.add(name, to: parent, .symbolicLink, 0o777, caller)
                tree.nodes[inode]?.target = target
                tree.nodes[inode]?.attributes.size = Int64(target.count)
                return try tree.referenced(inode)
            })
    }

    func readSymbolicLink(_ inode: Inode) async throws(Errno) -> [UInt8] {
        try await begin("readlink")
        return try tree.withLock { tree throws(Errno) in try tree.node(inode).target }
    }

    func link(_ inode: Inode, as name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) -> Entry {
        try await begin("link")
        return entry(
            try tree.withLock { tree throws(Errno) in
                guard try tree.directory(parent).child(name) == nil else { throw .exists }
                tree.nodes[parent]?.insert(name, inode)
                tree.nodes[inode]?.attributes.linkCount += 1
                return try tree.referenced(inode)
            })
    }

    // MARK: Extended attributes

    func extendedAttribute(_ name: ExtendedAttributeName, of inode: Inode, for caller: Caller) async throws(Errno) -> [UInt8] {
        try await begin("getxattr")
        if let value = behaviour.withLock({ $0.extendedAttribute }), name.isIn("user.") { return value }
        guard let value = try attributes(inode)[name] else { throw .noData }
        return value
    }

    func extendedAttributeNames(of inode: Inode, for caller: Caller) async throws(Errno) -> [ExtendedAttributeName] {
        try await begin("listxattr")
        if let names = behaviour.withLock({ $0.attributeNames }) { return names }
        return try attributes(inode).keys.sorted()
    }

    func setExtendedAttribute(
        _ name: ExtendedAttributeName, of inode: Inode, to value: [UInt8], mode: ExtendedAttributeMode, for caller: Caller
    ) async throws(Errno) {
        try await begin("setxattr")
        let isThere = try attributes(inode)[name] != nil
        if mode == .create, isThere { throw .exists }
        if mode == .replace, !isThere { throw .noData }
        tree.withLock { $0.nodes[inode]?.extendedAttributes[name] = value }
    }

    func removeExtendedAttribute(_ name: ExtendedAttributeName, of inode: Inode, for caller: Caller) async throws(Errno) {
        try await begin("removexattr")
        let old = tree.withLock { $0.nodes[inode]?.extendedAttributes.removeValue(forKey: name) }
        if old == nil { throw .noData }
    }

    private func attributes(_ inode: Inode) throws(Errno) -> [ExtendedAttributeName: [UInt8]] {
        try tree.withLock { tree throws(Errno) in try tree.node(inode).extendedAttributes }
    }

    // MARK: Ranges

    func allocate(_ range: ByteRange, of handle: Handle, mode: AllocationMode) async throws(Errno) {
        try await begin("fallocate")
        record.withLock { $0.allocations.append(Allocation(range: range, mode: mode)) }
        try tree.withLock { tree throws(Errno) in
            guard let inode = tree.handles[handle] else { throw .badHandle }
            let bytes = Int(range.offset)..<Int(range.end)
            if !mode.contains(.keepSize), try tree.node(inode).content.count < bytes.upperBound {
                try tree.resize(inode, to: bytes.upperBound)
            }
            if !mode.isDisjoint(with: [.punchHole, .zeroRange]) { tree.nodes[inode]?.punch(bytes) }
            if !mode.contains(.punchHole) { tree.nodes[inode]?.fill(bytes) }
        }
    }

    func seek(_ target: SeekTarget, from offset: Int64, of handle: Handle) async throws(Errno) -> Int64 {
        try await begin("lseek")
        return try tree.withLock { tree throws(Errno) in
            guard let inode = tree.handles[handle] else { throw .badHandle }
            return Int64(try tree.node(inode).next(target, from: Int(offset)))
        }
    }

    /// At most a MiB at a time: the caller goes on.
    func copyRange(_ range: ByteRange, of source: Handle, to destination: Handle, at offset: Int64) async throws(Errno) -> Int64 {
        try await begin("copy_file_range")
        return try tree.withLock { tree throws(Errno) in
            let bytes = Array(try tree.content(source, at: range.offset, count: Int(min(range.count, 1 << 20))))
            try unsafe tree.write(destination, at: offset, bytes.span.bytes)
            return Int64(bytes.count)
        }
    }
}
