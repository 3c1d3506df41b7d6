package import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

extension Volume {
    package func lookup(_ name: FileName, in parent: Inode, for caller: Caller) async throws(Errno) -> Lookup {
        runAhead(of: name, in: parent, for: caller)
        guard let entry = try await entry(name, in: parent, referencing: true) else {
            return .absent(ttl: absent.withLock { $0.note(name, in: parent, options.metadataTTL) })
        }
        return .found(entry)
    }

    /// The entry of a name, from memory where that is fresh; nil when there is none.
    func entry(_ name: FileName, in parent: Inode, referencing: Bool) async throws(Errno) -> Entry? {
        guard name.bytes.count <= FileName.maximumBytes else { throw Errno.nameTooLong }
        try await moves.wait(for: path(of: parent) + [name])
        let path = try path(of: parent) + [name]
        if tree.withLock({ $0.hint(of: name, in: parent) != nil }) {
            await ahead.join(.content(name, parent: parent))
            await ahead.join(.entry(name, parent: parent))
        }
        switch await memory(of: path, in: parent, referencing: referencing) {
        case .known(let entry):
            // It may be new to the tree: found before somebody wanted it.
            tellKernel()
            return entry
        case .absent:
            renewAhead(parent)
            return nil
        case .unknown(let expectation): return try await askedEntry(path, in: parent, expectation, referencing: referencing)
        }
    }

    /// What memory says, or does when what it has of a folder has been renewed.
    private func memory(of path: [FileName], in parent: Inode, referencing: Bool) async -> Tree.Remembered {
        let remembered = tree.withLock { $0.remembered(path, in: parent, referencing: referencing, options) }
        guard case .unknown(let expectation) = remembered, let name = path.last else { return remembered }
        guard await renew(for: name, in: parent, expectation) else { return remembered }
        return tree.withLock { $0.remembered(path, in: parent, referencing: referencing, options) }
    }

    /// The entry of a name as the store has it now.
    private func askedEntry(_ path: [FileName], in parent: Inode, _ expectation: Expectation, referencing: Bool) async throws(Errno) -> Entry? {
        guard let name = path.last else { throw .invalidArgument }
        let stores = tree.withLock { $0.stores(of: name, in: parent) }
        let validUntil = ContinuousClock.now + options.metadataTTL
        let found = try await find(path, expecting: expectation)
        defer { tellKernel() }
        let entry = tree.withLock { tree -> Entry? in
            guard let taken = tree.take(found, path: path, in: parent, stores: stores, options, validUntil: validUntil) else {
                tree.absences.note(name, in: parent, until: validUntil)
                return nil
            }
            if referencing { tree.reference(taken.inode) }
            return tree.entry(of: taken.inode, options)
        }
        if options.revalidatesAtOpen, let entry { recent.withLock { $0.note(entry.inode) } }
        return entry
    }

    package func attributes(of inode: Inode, handle: Handle?) async throws(Errno) -> AttributeReply {
        let known = try node(inode)
        let fresh = tree.withLock { tree in
            tree[inode].flatMap { inode == .root || $0.isFresh(.now) ? tree.entry(of: inode, options) : nil }
        }
        if let fresh { return AttributeReply(attributes: fresh.attributes, ttl: fresh.attributeTTL) }
        return try await askedAttributes(of: inode, known)
    }

    /// What the store says now.
    func askedAttributes(of inode: Inode, _ known: Node) async throws(Errno) -> AttributeReply {
        guard let parent = known.parent, let path = tree.withLock({ $0.path(of: inode) }) else { throw Errno.stale }
        let asked = ContinuousClock.now
        let found = try await find(path, expecting: Expectation(known))
        let taken = tree.withLock { tree -> Entry? in
            // It may have been unlinked or renamed meanwhile: then the answer is about another file.
            guard let name = path.last, tree.child(name, of: parent) == inode else { return nil }
            let taken = tree.take(found, path: path, in: parent, stores: known.stores, options, validUntil: asked + options.metadataTTL)
            return taken.flatMap { tree.entry(of: $0.inode, options) }
        }
        tellKernel()
        guard let taken, taken.inode == inode else { throw Errno.noSuchFile }
        return AttributeReply(attributes: taken.attributes, ttl: taken.attributeTTL)
    }

    func reply(_ attributes: Attributes) -> AttributeReply {
        AttributeReply(attributes: attributes, ttl: options.metadataTTL)
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
