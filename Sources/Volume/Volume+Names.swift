internal import Content
package import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

extension Volume {
    package func unlink(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) {
        try checkWritable()
        try await withEntry(name, in: parent) { (attributes) async throws(Errno) in
            guard attributes.kind != .directory else { throw Errno.isDirectory }
            // Its content is attached, so that no commit is under way while the object is deleted.
            let (file, _) = try attach(attributes.inode, writing: false)
            let outcome = await settled { () async throws(Errno) in
                try await file.sending.run { () async throws(Errno) in
                    try await takingAway(file) { () async throws(Errno) in try await remove(file, in: parent) }
                }
            }
            await detach(file, writing: false)
            try outcome.get()
        }
    }

    private func remove(_ file: OpenFile, in parent: Inode) async throws(Errno) {
        await dropStream(file)
        if let base = file.base { try await keepReadable(base, of: file, isDeleted: true) }
        try await names.together { () async throws(Errno) in
            let path = try path(of: file.inode)
            let key = keys.file(path)
            try await departing(key) { () async throws(Errno) in
                if try node(file.inode).remote != nil {
                    try await keepFolder(parent, without: key)
                    try await deleting(key, of: file) { () async throws(Errno) in
                        guard !keys.isMarker(path) else { return try await emptyMarker(of: parent) }
                        try await delete(key, base: file.base?.etag)
                    }
                }
                tree.withLock { $0.unlink(file.inode) }
            }
        }
        await removeRecord(of: file)
    }

    package func removeDirectory(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) {
        try checkWritable()
        try await withEntry(name, in: parent) { (attributes) async throws(Errno) in
            guard attributes.kind == .directory else { throw Errno.notDirectory }
            try await markerGate(of: attributes.inode).run { () async throws(Errno) in
                try await names.together { () async throws(Errno) in try await removeFolder(attributes.inode, in: parent) }
            }
        }
    }

    private func removeFolder(_ inode: Inode, in parent: Inode) async throws(Errno) {
        let path = try path(of: inode)
        guard !keys.isContinuation(path) else { throw Errno.notPermitted }
        let key = keys.folder(path)
        try await checkEmpty(inode, key)
        try await departing(key) { () async throws(Errno) in
            try await keepFolder(parent, without: key)
            try await delete(key, base: nil)
            await forgetFolderChange(of: inode, isStored: false)
            tree.withLock { $0.unlink(inode) }
        }
    }

    /// Runs `body` with an entry that exists, and keeps its inode until then.
    private func withEntry(
        _ name: FileName, in parent: Inode, _ body: (Attributes) async throws(Errno) -> Void
    ) async throws(Errno) {
        guard let entry = try await entry(name, in: parent, referencing: true) else { throw Errno.noSuchFile }
        defer { forget(entry.inode, count: 1) }
        try await body(entry.attributes)
    }

    /// Fails with `notEmpty` when anything is in a folder, in the store or only here.
    func checkEmpty(_ inode: Inode, _ key: Key) async throws(Errno) {
        guard tree.withLock({ $0.localChildren(of: inode).isEmpty }) else { throw Errno.notEmpty }
        guard try await namesBelow(key, without: nil).isEmpty else { throw Errno.notEmpty }
    }

    /// A folder that exists only because of what is in it would vanish with its last child: it gets a marker first. Whoever calls is alone or
    /// has begun the departure of `key`.
    func keepFolder(_ inode: Inode, without key: Key) async throws(Errno) {
        var inode = inode
        // What long names go on in is no folder of the bucket: the folder above is kept.
        while keys.isContinuation(try path(of: inode)), let above = try node(inode).parent { inode = above }
        let node = try node(inode)
        guard inode != .root, !node.hasMarker else { return }
        let path = try path(of: inode)
        guard !tree.withLock({ $0.staysWithoutMarker(inode, path, keys) }) else { return }
        guard try await mayVanish(keys.folder(path), without: key) else { return }
        try await putMarker(path, node)
        tree.withLock { tree in
            _ = tree.update(inode) { $0.hasMarker = true }
        }
    }

    /// The content of a folder's own key goes; the folder stays.
    private func emptyMarker(of inode: Inode) async throws(Errno) {
        var node = try node(inode)
        node.markerContent = nil
        try await putMarker(try path(of: inode), node)
        tree.withLock { tree in
            _ = tree.update(inode) { ($0.markerContent, $0.hasMarker) = (nil, true) }
        }
    }

    /// A few of the keys and common prefixes directly below a folder, its marker and `key` left out; a marker with content counts.
    func namesBelow(_ folder: Key, without key: Key?) async throws(Errno) -> [Key] {
        let page = try await asking { () async throws(StoreError) in
            try await store.list(ListRequest(prefix: folder, delimiter: "/", maximumKeys: 3))
        }
        let objects = page.objects.filter { $0.key != folder || $0.size > 0 }
        return (objects.map(\.key) + page.commonPrefixes).filter { $0 != key }
    }
}
