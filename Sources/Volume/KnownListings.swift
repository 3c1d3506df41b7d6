internal import FileSystemTypes

/// What listings have shown of folders a moment ago, bounded together.
struct KnownListings: Sendable {
    private var listings: [Inode: FolderListing] = [:]
    private var names = 0

    /// In all folders.
    private let maximumNames: Int

    init(maximumNames: Int) {
        self.maximumNames = maximumNames
    }

    /// How many names there are; a listing without any takes some memory, too.
    var count: Int { names + 16 * listings.count }

    subscript(folder: Inode) -> FolderListing? { listings[folder] }

    /// Changes a listing in place, if there is one.
    mutating func update(_ folder: Inode, _ body: (inout FolderListing) -> Void) {
        guard let index = listings.index(forKey: folder) else { return }
        names -= listings.values[index].count
        body(&listings.values[index])
        names += listings.values[index].count
        if count > maximumNames { makeRoom(besides: folder) }
    }

    mutating func set(_ folder: Inode, _ listing: FolderListing) {
        remove(folder)
        listings[folder] = listing
        names += listing.count
        if count > maximumNames { makeRoom(besides: folder) }
    }

    mutating func remove(_ folder: Inode) {
        guard let listing = listings.removeValue(forKey: folder) else { return }
        names -= listing.count
    }

    mutating func removeAll() {
        self = KnownListings(maximumNames: maximumNames)
    }

    /// Down to half, those that are believed for the shortest time first.
    private mutating func makeRoom(besides folder: Inode) {
        for (other, _) in listings.sorted(by: { $0.value.validUntil < $1.value.validUntil }) where other != folder {
            guard count > maximumNames / 2 else { return }
            remove(other)
        }
    }
}
