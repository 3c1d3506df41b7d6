internal import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

/// Asks for the attributes of names before somebody wants them: in listing order, in parallel.
extension Volume {
    /// A listing is worth so many questions for attributes.
    private static var worthAListing: Int { 4 }

    /// A name is looked up: where the lookups follow the order of the listing, those after it are asked for.
    func runAhead(of name: FileName, in parent: Inode, for caller: Caller) {
        guard options.metadataTTL > .zero, !fetchExpected(name, in: parent, for: caller) else { return }
        let eagerly = walks.isExpected(caller.processID)
        let (wanted, isOpen) = tree.withLock { tree -> ([FileName], Bool) in
            guard let entry = tree.listings[parent]?[name], let place = entry.place else { return ([], false) }
            var result: ([FileName], Bool) = ([], false)
            tree.listings.update(parent) { listing in
                let places = listing.window.want(place, eagerly: eagerly)
                result = (listing.unwalked(listing.names(at: places)), listing.window.isOpen && entry.kind != .directory)
            }
            return result
        }
        if isOpen { walks.note(caller.processID) }
        askAhead(for: withoutContents(wanted, in: parent) + overdue(behind: name, in: parent), in: parent)
    }

    /// Several names are read together: what follows them will be wanted, too.
    func runAhead(ofAll names: [FileName], in parent: Inode, eagerly: Bool) {
        let wanted = tree.withLock { tree -> [FileName] in
            let places = names.compactMap { tree.listings[parent]?[$0]?.place }
            guard let first = places.first, let last = places.last, first <= last else { return [] }
            var names: [FileName] = []
            tree.listings.update(parent) { listing in names = listing.names(at: listing.window.want(first..<last + 1, eagerly: eagerly)) }
            return names
        }
        askAhead(for: wanted, in: parent)
    }

    /// Asks for those of `names` whose attributes are not known.
    func askAhead(for names: [FileName], in parent: Inode, soon: Bool = false) {
        let wanted = lacking(names, in: parent)
        guard wanted.count >= Self.worthAListing, isWorthListing(parent) || renewal(of: parent) != nil else { return startAsking(wanted, soon) }
        Task { [weak self] in
            await self?.renew(forNamesIn: parent)
            if let self { startAsking(lacking(names, in: parent), soon) }
        }
    }

    private func startAsking(_ wanted: [AttributeAhead.Name], _ soon: Bool) {
        guard !wanted.isEmpty else { return }
        ahead.start(wanted, soon: soon) { [weak self] name in await self?.askAhead(name) }
    }

    /// Asks for what the cache of attributes does not know of the objects of a page, so that it does.
    func askAhead(forObjectsOf page: ListPage) async {
        guard metadata != nil else { return }
        let known = await remembered(of: page.objects)
        let wanted = page.objects.filter { known[$0.key] == nil }.prefix(AttributeAhead.longestQueue / 4)
        ahead.start(wanted.map { .object($0) }, soon: false) { [weak self] name in await self?.askAhead(name) }
    }

    func lacking(_ names: [FileName], in parent: Inode) -> [AttributeAhead.Name] {
        let now = ContinuousClock.now
        return tree.withLock { tree in
            names.filter { tree.lacksAttributes($0, in: parent, now) }.map { .entry($0, parent: parent) }
        }
    }

    /// What fails now is asked for again, and told, when somebody wants it.
    func askAhead(_ wanted: AttributeAhead.Name) async {
        switch wanted {
        case .content(let name, let parent): await fetchAhead(name, in: parent)
        case .object(let listed): _ = try? await existing(listed.key, listed: listed)
        case .entry(let name, let parent): await askAhead(for: name, in: parent)
        }
    }

    func askAhead(for name: FileName, in parent: Inode) async {
        let (hint, path, moment) = tree.withLock { tree in
            (tree.hint(of: name, in: parent), tree.path(of: parent), tree.moment(of: parent))
        }
        guard let hint, let path, let found = try? await find(path + [name], expecting: hint) else { return }
        let listed: ListedObject? = if case .file(let object) = hint { object } else { nil }
        tree.withLock { $0.keep(found, of: name, in: parent, moment, listed: listed, options.metadataTTL) }
    }
}
