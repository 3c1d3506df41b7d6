internal import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

/// Where programs make one name after the other, each is looked up before, and is not there. What is known of the folder is renewed as a whole
/// then: one request tells of all those names and of the folder itself, and is made before somebody has to wait for it.
extension Volume {
    /// A name was not there, as memory knows. The folder is asked for again in time, and so are those above it.
    func renewAhead(_ folder: Inode) {
        for folder in tree.withLock({ $0.worthRenewing(from: folder, options.metadataTTL) }) {
            Task { [weak self] in await self?.renew(folder) }
        }
    }

    /// Renews what may tell of a name for which the store must be asked; false where only the name itself can.
    func renew(for name: FileName, in parent: Inode, _ expectation: Expectation) async -> Bool {
        guard options.metadataTTL > .zero else { return false }
        guard let folder = tree.withLock({ $0.renewable(for: name, in: parent, expectation) }) else { return false }
        return await renew(folder)
    }

    /// Renews a folder of which several names are wanted, if that can save asking for them one by one. Where that is under way the answer is waited
    /// for.
    func renew(forNamesIn folder: Inode) async {
        if let renewal = renewal(of: folder) { return await renewal.ended.wait() }
        if isWorthListing(folder) { await renew(folder) }
    }

    func renewal(of folder: Inode) -> FolderRenewal? {
        tree.withLock { $0.listings[folder]?.renewal }
    }

    /// Whether a listing tells, or proves what is remembered of, attributes that are not believed any more.
    func isWorthListing(_ folder: Inode) -> Bool {
        guard metadata != nil || store.capabilities.listAttributes, options.metadataTTL > .zero else { return false }
        return tree.withLock { $0.isOutdatedAsAWhole(folder) }
    }

    /// What fails now is asked for again, and told, by whoever wants a name.
    @discardableResult private func renew(_ folder: Inode) async -> Bool {
        let changes = moves.changes
        guard let renewal = tree.withLock({ $0.beginRenewal(of: folder) }) else { return false }
        let isRenewed = await renew(folder, renewal, changes)
        if !isRenewed { tree.withLock { $0.abandon(renewal, of: folder) } }
        renewal.ended.come()
        tellKernel()
        return isRenewed
    }

    private func renew(_ folder: Inode, _ renewal: FolderRenewal, _ changes: Int) async -> Bool {
        guard let path = tree.withLock({ $0.path(of: folder) }), (try? await moves.wait(for: path)) != nil else { return false }
        let known = tree.withLock { $0[folder] }
        let key = keys.folderKey(path)
        guard let page = try? await FetchedPage.first(of: key, in: store)?.page, page.next == nil else { return false }
        var names = FolderNames(of: key)
        let listed = names.add(page) + names.finish()
        let infos = await remembered(of: page.objects)
        let marker = await self.marker(names.marker)
        guard moves.changes == changes else { return false }
        return tree.withLock { tree in
            guard tree.finish(renewal, of: folder, listed, infos, options.metadataTTL) else { return false }
            // What has been changed from here meanwhile is newer than the answer.
            guard let marker, let now = tree[folder], let parent = now.parent, tree.path(of: folder) == path,
                now.metadata == known?.metadata, now.hasMarker == known?.hasMarker, known?.isMarkerPending == false
            else { return true }
            _ = tree.take(
                .folder(marker: marker), path: path, in: parent, stores: now.stores, options, validUntil: renewal.asked + options.metadataTTL)
            return true
        }
    }

    /// What the store says of a folder's own key that a listing has shown.
    private func marker(_ listed: ListedObject?) async -> ObjectInfo? {
        guard let listed else { return nil }
        return (try? await existing(listed.key, listed: listed)) ?? nil
    }
}
