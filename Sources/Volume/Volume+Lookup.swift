package import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

/// What the store has under a name.
enum Found: Sendable {
    case file(ObjectInfo)
    /// With what HEAD says of the marker, where there is one.
    case folder(marker: ObjectInfo?)
    case nothing
}

extension Volume {
    package func lookup(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) -> Lookup {
        guard let entry = try await entry(name, in: parent, referencing: true) else { return .absent(ttl: options.metadataTTL) }
        return .found(entry)
    }

    /// The entry of a name, from memory where that is fresh; nil when there is none.
    func entry(_ name: FileName, in parent: Inode, referencing: Bool) async throws(Errno) -> Entry? {
        guard name.bytes.count <= FileName.maximumBytes else { throw Errno.nameTooLong }
        try await moves.wait(for: path(of: parent) + [name])
        let path = try path(of: parent) + [name]
        switch tree.withLock({ $0.remembered(name, in: parent, referencing: referencing) }) {
        case .known(let attributes): return entry(attributes)
        case .absent: return nil
        case .unknown(let kind):
            let stores = tree.withLock { $0.stores(of: name, in: parent) }
            let found = try await find(path, expecting: kind)
            return tree.withLock { tree in
                let attributes = tree.take(found, path: path, in: parent, stores: stores, options)
                if referencing, let attributes { tree.reference(attributes.inode) }
                return attributes.map(entry)
            }
        }
    }

    package func attributes(of inode: Inode, handle: Handle?) async throws(Errno) -> AttributeReply {
        let known = try node(inode)
        let fresh = tree.withLock { tree in tree[inode].flatMap { inode == .root || $0.isFresh(.now) ? $0.currentAttributes : nil } }
        if let fresh { return reply(fresh) }
        guard let parent = known.parent, let path = tree.withLock({ $0.path(of: inode) }) else { throw Errno.stale }
        let found = try await find(path, expecting: known.kind)
        let taken = tree.withLock { tree -> Attributes? in
            // It may have been unlinked or renamed meanwhile: then the answer is about another file.
            guard let name = path.last, tree.child(name, of: parent) == inode else { return nil }
            return tree.take(found, path: path, in: parent, stores: known.stores, options)
        }
        guard let taken, taken.inode == inode else { throw Errno.noSuchFile }
        return reply(taken)
    }

    func reply(_ attributes: Attributes) -> AttributeReply {
        AttributeReply(attributes: attributes, ttl: options.metadataTTL)
    }

    /// Asks the store what a path is. A listing may have told the kind already, which saves a request.
    func find(_ path: [FileName], expecting kind: FileKind?) async throws(Errno) -> Found {
        switch try keys.target(of: path) {
        case .nothing: return .nothing
        case .continuation: return .folder(marker: nil)
        case .object(let key, let isMarker): return try await findFile(key, isMarker: isMarker)
        case .entry(let entry): return try await find(entry, expecting: kind)
        }
    }

    private func find(_ entry: EntryKeys, expecting kind: FileKind?) async throws(Errno) -> Found {
        switch kind {
        case .directory: return try await findFolder(entry.folder)
        case .some: return try await findFile(entry.object, isMarker: entry.objectIsMarker)
        case nil:
            async let file = settled { () async throws(Errno) in try await self.findFile(entry.object, isMarker: entry.objectIsMarker) }
            async let folder = settled { () async throws(Errno) in try await self.findFolder(entry.folder) }
            // A name that is both is shown as the folder: everything below it stays reachable.
            if case .folder(let marker) = try await folder.get() { return .folder(marker: marker) }
            return try await file.get()
        }
    }

    /// A marker is a file as long as it has content.
    private func findFile(_ key: Key?, isMarker: Bool) async throws(Errno) -> Found {
        guard let key, let info = try await existing(key), !isMarker || info.size > 0 else { return .nothing }
        return .file(info)
    }

    private func findFolder(_ folder: FolderKey?) async throws(Errno) -> Found {
        guard let key = folder?.prefix else { return .nothing }
        let page = try await asking { () async throws(StoreError) in try await store.list(ListRequest(prefix: key, maximumKeys: 1)) }
        guard let first = page.objects.first else { return .nothing }
        return .folder(marker: first.key == key ? try await existing(key) : nil)
    }

    /// HEAD, with nil for what is not there.
    func existing(_ key: Key) async throws(Errno) -> ObjectInfo? {
        try await asking { () async throws(StoreError) in
            do throws(StoreError) {
                return try await store.head(key, ReadConditions())
            } catch {
                guard error.reason == .noSuchKey else { throw error }
                return nil
            }
        }
    }
}

/// The outcome of `body` as a value: `async let` would lose the type of its error.
func settled<Value>(_ body: () async throws(Errno) -> Value) async -> Result<Value, Errno> {
    do throws(Errno) {
        return .success(try await body())
    } catch {
        return .failure(error)
    }
}
