package import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

/// Files that are asked for by their number alone: handles of name_to_handle_at(2), and of NFS.
///
/// A number is made from a path and cannot be turned back into one. So the kernel's word for a number that is not known here is looked up among
/// those it has let go of, and then in a listing of the bucket.
extension Volume {
    package func resolve(_ inode: Inode, for caller: Caller) async throws(Errno) -> Entry {
        if tree.withLock({ $0[inode] }) == nil { return try await restored(inode) }
        _ = try await attributes(of: inode, handle: nil)
        let entry = tree.withLock { tree -> Entry? in
            guard tree[inode]?.isUnlinked == false, let entry = tree.entry(of: inode, options) else { return nil }
            tree.reference(inode)
            return entry
        }
        guard let entry else { throw Errno.stale }
        return entry
    }

    package func resolveParent(of inode: Inode, for caller: Caller) async throws(Errno) -> Entry {
        let child = try await resolve(inode, for: caller)
        defer { forget(child.inode, count: 1) }
        return try await resolve(try node(child.inode).parent ?? .root, for: caller)
    }

    private func restored(_ inode: Inode) async throws(Errno) -> Entry {
        if let path = tree.withLock({ $0.rememberedPath(of: inode) }), let entry = try await walk(path, to: inode) { return entry }
        guard let path = try await searches.gate.run({ () async throws(Errno) in try await search(for: inode) }),
            let entry = try await walk(path, to: inode)
        else { throw Errno.stale }
        return entry
    }

    /// The entry at the end of a path, referenced; nil where something else, or nothing, is there now.
    private func walk(_ path: [FileName], to inode: Inode) async throws(Errno) -> Entry? {
        var held: [Inode] = []
        defer { for inode in held { forget(inode, count: 1) } }
        for name in path.dropLast() {
            guard let folder = try await entry(name, in: held.last ?? .root, referencing: true) else { return nil }
            held.append(folder.inode)
            guard folder.attributes.kind == .directory else { return nil }
        }
        guard let name = path.last, let found = try await entry(name, in: held.last ?? .root, referencing: true) else { return nil }
        guard found.inode == inode else {
            forget(found.inode, count: 1)
            return nil
        }
        return found
    }

    /// Goes through the first keys of the bucket for a path that has this number.
    private func search(for inode: Inode) async throws(Errno) -> [FileName]? {
        guard searches.mayBeThere(inode) else { return nil }
        var pager = ListPager(store, ListRequest(prefix: options.prefix))
        for _ in 0..<InodeSearches.maximumPages {
            let next = try await asking { () async throws(StoreError) in
                var later = pager
                let page = try await later.next()
                return (page, later)
            }
            guard let page = next.0 else { break }
            pager = next.1
            for object in page.objects { if let path = path(in: object.key, with: inode) { return path } }
        }
        searches.noteMissing(inode)
        return nil
    }

    /// The path of the object, or of a folder that it is in, that has this number.
    private func path(in key: Key, with inode: Inode) -> [FileName]? {
        let isMarker = key.bytes.last == UInt8(ascii: "/")
        let key = isMarker ? Key(Array(key.bytes.dropLast())) : key
        for besideFolder in isMarker ? [false] : [false, true] {
            guard let path = keys.path(of: key, besideFolder: besideFolder), !path.isEmpty else { continue }
            for count in 1...path.count where InodeNumbers.preferred(for: Array(path.prefix(count))) == inode { return Array(path.prefix(count)) }
        }
        return nil
    }
}

/// Keeps searches for inodes few: one at a time, and none for what was not found a moment ago.
final class InodeSearches: Sendable {
    /// Of 1,000 keys.
    static let maximumPages = 100
    private static let patience: Duration = .seconds(30)
    private static let limit = 1024
    let gate = SerialGate()
    private let missing = Mutex<[Inode: ContinuousClock.Instant]>([:])

    func mayBeThere(_ inode: Inode) -> Bool {
        missing.withLock { $0[inode].map { .now >= $0 + Self.patience } ?? true }
    }

    func noteMissing(_ inode: Inode) {
        missing.withLock { missing in
            if missing.count >= Self.limit { missing = [:] }
            missing[inode] = .now
        }
    }
}

extension Tree {
    /// The path of an inode that is not known any more, from the names that were remembered.
    fileprivate func rememberedPath(of inode: Inode) -> [FileName]? {
        var names: [FileName] = []
        var current = inode
        while self[current] == nil {
            // Deeper than any key is long: a circle of names.
            guard let place = forgotten.place(of: current), names.count < 1024 else { return nil }
            names.append(place.name)
            current = place.parent
        }
        return path(of: current).map { $0 + names.reversed() }
    }
}
