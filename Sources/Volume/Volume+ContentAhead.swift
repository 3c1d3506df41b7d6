internal import FileSystemTypes
internal import MetadataCache
internal import ObjectStorage
internal import PosixMetadata
internal import Reading
internal import Synchronization

/// Fetches small files whole before somebody opens them: in listing order, in parallel, as long as the guess is right.
///
/// One GET answers for the content and for the attributes of a file. The attributes are believed like those of a HEAD; the content is that of the
/// version which the answer named, so an open that learns of another one, or a store that has another one, never meets it.
extension Volume {
    /// A file is read for the first time since it was opened: what follows it is fetched, where that was the last one's neighbour.
    func fetchFollowing(_ opened: FileHandle) {
        guard fetchesAhead else { return }
        let (inode, now) = (opened.file.inode, ContinuousClock.now)
        let found = tree.withLock { tree -> (folder: Inode, walk: ContentWalk)? in
            guard let folder = tree[inode]?.parent, let name = tree[inode]?.name else { return nil }
            return tree.moveContents(of: folder, to: name) { windows, place, sizes in
                windows.read(place, at: now, contentBounds) { sizes($0, reading.options.smallFile) }
            }.map { (folder, $0) }
        }
        guard let (folder, walk) = found else { return }
        if walk.isExpected { readers.note(opened.process) }
        ahead.drop(walk.dropped.map { .content($0, parent: folder) })
        fetch(walk.names, in: folder)
    }

    /// Somebody who reads one file after the other looks up the first one in another folder; true when the lookup is served by a fetch.
    func fetchExpected(_ name: FileName, in folder: Inode, for caller: Caller) -> Bool {
        guard fetchesAhead, readers.isExpected(caller.processID) else { return false }
        let now = ContinuousClock.now
        let walk = tree.withLock { tree in
            tree.moveContents(of: folder, to: name) { windows, place, sizes in
                let places = windows.expect(place, at: now, contentBounds) { sizes($0, reading.options.smallFile) }
                return ContentWindows.Change(places: places, isExpected: true)
            }
        }
        guard let walk, !walk.names.isEmpty else { return false }
        fetch(walk.names, in: folder)
        return true
    }

    /// Those names whose attributes do not come with their content in a moment.
    func withoutContents(_ names: [FileName], in folder: Inode) -> [FileName] {
        guard fetchesAhead, !names.isEmpty else { return names }
        return tree.withLock { tree in
            guard let listing = tree.listings[folder], listing.contents.isOpen else { return names }
            return names.filter { name in
                guard let entry = listing[name], let size = entry.object?.size, let place = entry.place else { return true }
                return size == 0 || size > reading.options.smallFile || !listing.contents.reach(place)
            }
        }
    }

    /// A reader has paused, and what came with the content of the next files is not believed any more: their attributes are asked for together.
    func overdue(behind name: FileName, in folder: Inode) -> [FileName] {
        guard !ahead.isAsked(.content(name, parent: folder)) else { return [] }
        let names = tree.withLock { tree -> [FileName] in
            guard let listing = tree.listings[folder], let place = listing[name]?.place, listing.contents.isOpen else { return [] }
            guard tree.lacksAttributes(name, in: folder, .now) else { return [] }
            return listing.names(at: listing.contents.fetched(behind: place, atMost: 4 * ContentWindow.first))
        }
        return names.filter { !ahead.isAsked(.content($0, parent: folder)) }
    }

    /// Whether the folder's files are being read one after the other.
    func isReadThrough(_ folder: Inode) -> Bool {
        tree.withLock { $0.listings[folder]?.contents.isOpen ?? false }
    }

    private var fetchesAhead: Bool { options.metadataTTL > .zero && reading.options.smallFile > 0 }

    private var contentBounds: ContentWindow.Bounds { ContentWindow.Bounds(bytes: reading.mostAhead, belief: options.metadataTTL) }

    private func fetch(_ names: [FileName], in folder: Inode) {
        guard !names.isEmpty else { return }
        ahead.start(names.map { .content($0, parent: folder) }, soon: false) { [weak self] name in await self?.askAhead(name) }
    }

    // MARK: One file

    /// What fails now is asked for again, and told, when somebody wants it.
    func fetchAhead(_ name: FileName, in parent: Inode) async {
        let (listed, path, moment, isKnown) = tree.withLock { tree in
            (tree.fetchable(name, in: parent), tree.path(of: parent), tree.moment(of: parent), !tree.lacksAttributes(name, in: parent, .now))
        }
        guard let listed, let path, isOwnKey(listed.key, of: path + [name]), !reading.isAtHand(listed) else {
            return isKnown ? () : await askAhead(for: name, in: parent)
        }
        let changes = allChanges
        guard let info = try? await reading.fetchAhead(listed) else {
            return isKnown ? () : await askAhead(for: name, in: parent)
        }
        if changes == allChanges { metadata?.remember(listed.key, info, listed: listed) }
        tree.withLock { $0.keep(.file(info), of: name, in: parent, moment, listed: listed, options.metadataTTL) }
    }

    /// Whether the key is what the path leads to, and nothing else.
    private func isOwnKey(_ key: Key, of path: [FileName]) -> Bool {
        guard case .entry(let entry)? = try? keys.target(of: path) else { return false }
        return entry.object == key && !entry.objectIsMarker
    }

    /// Whether the file's content is on its way just now.
    func isFetchedNow(_ inode: Inode) -> Bool {
        contentName(of: inode).map { ahead.isRunning($0) } ?? false
    }

    /// Waits for the file's content if that is on its way.
    func joinFetch(of inode: Inode) async {
        if let name = contentName(of: inode) { await ahead.join(name) }
    }

    private func contentName(of inode: Inode) -> AttributeAhead.Name? {
        tree.withLock { tree in
            guard let parent = tree[inode]?.parent, let name = tree[inode]?.name, tree.listings[parent]?.contents.isOpen == true else { return nil }
            return .content(name, parent: parent)
        }
    }
}

/// A `ContentWindows.Change`, by names.
struct ContentWalk {
    let names: [FileName]
    let isExpected: Bool
    let dropped: [FileName]
}

extension Tree {
    /// Moves a window of a folder's files; nil where nothing was listed of the name. `sizes` gives how many bytes are to be fetched at a place, if
    /// it is a file with content of no more than so many.
    mutating func moveContents(
        of folder: Inode, to name: FileName,
        _ move: (inout ContentWindows, Int, (_ place: Int, _ most: Int64) -> Int64?) -> ContentWindows.Change
    ) -> ContentWalk? {
        guard let place = listings[folder]?[name]?.place else { return nil }
        var walk: ContentWalk?
        listings.update(folder) { listing in
            var windows = listing.contents
            let change = move(&windows, place) { place, most in listing.object(at: place).flatMap { $0.size <= most ? $0.size : nil } }
            walk = ContentWalk(
                names: listing.names(at: change.places), isExpected: change.isExpected, dropped: change.dropped.flatMap { listing.names(at: $0) })
            listing.contents = windows
        }
        return walk
    }

    /// What a listing has shown of a file that is worth fetching: not where the kernel has its pages already, or only this mount its content.
    func fetchable(_ name: FileName, in folder: Inode) -> ListedObject? {
        guard let object = listings[folder]?[name]?.object, object.size > 0, object.etag != nil else { return nil }
        guard let inode = child(name, of: folder), let node = self[inode] else { return object }
        let isOpened = node.lastOpened != nil && node.lastOpened == node.remote && node.remote?.etag == object.etag
        return isOpened || node.isLocal || node.kind != .regular ? nil : object
    }
}
