internal import FileSystemTypes

/// What listings have shown of folders a moment ago, bounded together.
struct KnownListings: Sendable {
    private var listings: [Inode: FolderListing] = [:]
    private var names = 0

    /// In all folders.
    static let maximumNames = 50_000

    subscript(folder: Inode) -> FolderListing? { listings[folder] }

    /// Changes a listing in place, if there is one.
    mutating func update(_ folder: Inode, _ body: (inout FolderListing) -> Void) {
        guard let index = listings.index(forKey: folder) else { return }
        names -= listings.values[index].count
        body(&listings.values[index])
        names += listings.values[index].count
    }

    mutating func set(_ folder: Inode, _ listing: FolderListing) {
        remove(folder)
        listings[folder] = listing
        names += listing.count
        // Each takes some memory also where it is empty.
        if names + 16 * listings.count > Self.maximumNames { makeRoom(besides: folder) }
    }

    mutating func remove(_ folder: Inode) {
        guard let listing = listings.removeValue(forKey: folder) else { return }
        names -= listing.count
    }

    mutating func removeAll() {
        self = KnownListings()
    }

    /// Down to half, those that are believed for the shortest time first.
    private mutating func makeRoom(besides folder: Inode) {
        for (other, _) in listings.sorted(by: { $0.value.validUntil < $1.value.validUntil }) where other != folder {
            guard names + 16 * listings.count > Self.maximumNames / 2 else { return }
            remove(other)
        }
    }
}
