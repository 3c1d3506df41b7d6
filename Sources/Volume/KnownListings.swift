internal import FileSystemTypes

/// What listings have shown of folders a moment ago, bounded together.
struct KnownListings: Sendable {
    private var listings: [Inode: FolderListing] = [:]
    private var names = 0
    /// How often any of them was used.
    private var uses: UInt64 = 0

    /// In all folders.
    private let maximumNames: Int
    /// A folder whose names take more than this part of the room leaves too little for those below it.
    var mostInOne: Int { min(FolderListing.maximumNames, maximumNames / 2) }

    init(maximumNames: Int) {
        self.maximumNames = maximumNames
    }

    /// How many names there are; a listing without any takes some memory, too.
    var count: Int { names + 16 * listings.count }

    subscript(folder: Inode) -> FolderListing? { listings[folder] }

    /// Changes a listing in place, if there is one: a use of it.
    mutating func update(_ folder: Inode, _ body: (inout FolderListing) -> Void) {
        guard let index = listings.index(forKey: folder) else { return }
        names -= listings.values[index].count
        body(&listings.values[index])
        names += listings.values[index].count
        noteUse(at: index)
        if count > maximumNames { makeRoom(besides: folder) }
    }

    mutating func set(_ folder: Inode, _ listing: FolderListing) {
        remove(folder)
        listings[folder] = listing
        names += listing.count
        noteUse(of: folder)
        if count > maximumNames { makeRoom(besides: folder) }
    }

    mutating func remove(_ folder: Inode) {
        guard let listing = listings.removeValue(forKey: folder) else { return }
        names -= listing.count
    }

    mutating func removeAll() {
        self = KnownListings(maximumNames: maximumNames)
    }

    /// Somebody is at work in the folder, or below it.
    mutating func noteUse(of folder: Inode) {
        if let index = listings.index(forKey: folder) { noteUse(at: index) }
    }

    private mutating func noteUse(at index: Dictionary<Inode, FolderListing>.Index) {
        uses += 1
        listings.values[index].lastUse = uses
    }

    /// Down to three quarters, those first that nobody has used for the longest time: also one that is not believed any more tells what to ask for.
    private mutating func makeRoom(besides folder: Inode) {
        for (other, _) in listings.sorted(by: { $0.value.lastUse < $1.value.lastUse }) where other != folder {
            guard count > maximumNames / 4 * 3 else { return }
            remove(other)
        }
    }
}
