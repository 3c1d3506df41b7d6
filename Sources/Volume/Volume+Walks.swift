internal import FileSystemTypes
internal import MetadataCache
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

/// Somebody who goes through a tree opens one folder after the other: the listings of those that follow are fetched ahead, in parallel.
extension Volume {
    /// How far down in each, and how many folders of each.
    private static var depth: Int { 2 }
    private static var breadth: Int { 4 }

    /// A folder is opened: from the second on in the order of the listing above it, those after it are listed, too.
    func walkAhead(of inode: Inode) {
        guard options.metadataTTL > .zero else { return }
        let (names, parent) = tree.withLock { tree -> ([FileName], Inode?) in
            guard let parent = tree[inode]?.parent, let name = tree[inode]?.name, let place = tree.listings[parent]?[name]?.place else {
                return ([], nil)
            }
            var names: [FileName] = []
            tree.listings.update(parent) { names = $0.foldersAhead(of: place, PreparedListings.longestReach) }
            return (names, parent)
        }
        guard !names.isEmpty, let parent, let path = tree.withLock({ $0.path(of: parent) }) else { return }
        for name in names.prefix(prepared.noteDemand(options.metadataTTL)) {
            guard case .entry(let entry)? = try? keys.target(of: path + [name]), let folder = entry.folder else { continue }
            prepareAhead(folder, depth: Self.depth)
        }
    }

    /// Fetches a folder's first page for whoever opens it soon, the attributes of what is in it, and the pages of the first folders in it.
    private func prepareAhead(_ folder: FolderKey, depth: Int) {
        let (changes, ttl) = (allChanges, options.metadataTTL)
        if prepared.begin(folder, isUrgent: false, changes: changes, ttl) {
            Task { [weak self] in
                guard let self, await prepare(folder) != nil else { return }
                guard let page = prepared.lookInto(folder, changes: allChanges, ttl) else { return }
                await askAhead(forWhatIsOn: page.page, depth: depth)
            }
        } else if let page = prepared.lookInto(folder, changes: changes, ttl) {
            Task { [weak self] in await self?.askAhead(forWhatIsOn: page.page, depth: depth) }
        }
    }

    private func askAhead(forWhatIsOn page: ListPage, depth: Int) async {
        // Who reads the files has their attributes with their content.
        if walks.isAnybodyWalking, !readers.isAnybodyWalking { await askAhead(forObjectsOf: page) }
        guard depth > 0 else { return }
        for prefix in page.commonPrefixes.prefix(Self.breadth) { prepareAhead(FolderKey(prefix: prefix), depth: depth - 1) }
    }

    /// How often anything was changed from here, also in part.
    var allChanges: Int { tree.withLock { $0.changes } + moves.changes }

    /// `prepared.begin` has been called.
    private func prepare(_ folder: FolderKey) async -> FetchedPage? {
        if let page = await pageWithOthers(of: folder) {
            prepared.finish(folder, nil, changes: 0)
            return page
        }
        let changes = allChanges
        // What fails now is asked for again, and told, when somebody wants it.
        let page = try? await FetchedPage.first(of: folder, in: store)
        prepared.finish(folder, page, changes: changes)
        return page
    }

    /// The page of a folder out of one listing of many, where those beside it are wanted, too.
    private func pageWithOthers(of folder: FolderKey) async -> FetchedPage? {
        guard let parent = keys.above(folder) else { return nil }
        // The second listing begins where the first ends.
        for _ in 0..<2 {
            let listing = prepared.subtrees.listing(of: folder.prefix, below: parent) {
                Task { [weak self] in await self?.listSubtree(of: parent) }
            }
            guard let listing else { return nil }
            await listing.wait()
            if let page = prepared.look(folder, changes: allChanges, options.metadataTTL) { return page }
        }
        return nil
    }

    /// Waits for a listing on its way that may tell of a folder: whoever goes through a tree faster than the store answers would ask once more.
    func awaitListing(of folder: FolderKey) async {
        guard let parent = keys.above(folder) else { return }
        await prepared.subtrees.underWay(of: folder.prefix, below: parent)?.wait()
    }

    /// One page of what is below `parent`, from the first folder on that is asked for.
    private func listSubtree(of parent: Key) async {
        try? await Task.sleep(for: SubtreeListings.gathering)
        guard let folder = prepared.subtrees.begin(below: parent) else { return }
        let (changes, moment) = (allChanges, FolderMoment())
        // Right before the folder and, as that is no folder itself, inside of no other.
        let start = Key(folder.bytes.dropLast() + [UInt8(ascii: ".")])
        let page = try? await store.list(ListRequest(prefix: parent, startAfter: start, withAttributes: true))
        let folders = page.map { SubtreePage($0, below: parent).folders } ?? []
        prepared.keep(folders.map { (FolderKey(prefix: $0.prefix), FetchedPage(whole: $0.page, moment)) }, below: parent, changes: changes)
        prepared.subtrees.finish(below: parent, given: folders.count, isLast: page.map { $0.next == nil } ?? false)
    }

    /// What a folder is that a listing has just shown.
    ///
    /// Its marker is asked for by HEAD. Where that has been done before its own listing proves the answer, and serves whoever opens the folder
    /// next; so it does where somebody opens one folder after the other.
    func findListedFolder(_ folder: FolderKey) async throws(Errno) -> Found {
        guard let marker = folder.marker else { return .folder(marker: nil) }
        guard let page = await listing(of: folder, marker) else {
            if store.capabilities.listAttributes { return try await findFolder(folder) }
            let info = try await existing(marker)
            if info == nil { metadata?.rememberAbsence(of: marker) }
            return .folder(marker: info)
        }
        return try await found(page, marker)
    }

    /// What a folder is that was listed longer ago than that is believed, and that somebody who opens one folder after the other opens next. Nil
    /// where its listing does not tell.
    func findNextFolder(_ folder: FolderKey) async throws(Errno) -> Found? {
        guard let marker = folder.marker, let page = await listing(of: folder, marker, isNext: true) else { return nil }
        return try await found(page, marker)
    }

    /// What the first page of its listing says of a folder.
    private func found(_ page: ListPage, _ marker: Key) async throws(Errno) -> Found {
        if page.objects.isEmpty, page.commonPrefixes.isEmpty { return .nothing }
        guard let listed = page.objects.first, listed.key == marker else {
            metadata?.rememberAbsence(of: marker)
            return .folder(marker: nil)
        }
        return .folder(marker: try await existing(marker, listed: listed))
    }

    /// The first page of a folder's listing, where it is at hand or worth a request. `isNext`: somebody will open the folder.
    private func listing(of folder: FolderKey, _ marker: Key, isNext: Bool = false) async -> ListPage? {
        guard options.metadataTTL > .zero else { return nil }
        let changes = allChanges
        if let page = prepared.look(folder, changes: changes, options.metadataTTL) { return page.page }
        var isWorthIt = isNext || prepared.isInDemand
        if !isWorthIt, let metadata { isWorthIt = await metadata.hasAsked(marker) }
        guard isWorthIt else { return nil }
        // Where somebody else asks for it just now, this one asks, too.
        guard prepared.begin(folder, isUrgent: true, changes: changes, options.metadataTTL) else {
            return try? await FetchedPage.first(of: folder, in: store)?.page
        }
        return await prepare(folder)?.page
    }
}
