internal import FileSystemTypes

/// Where files were that the kernel has let go of: a handle with their number (name_to_handle_at(2), NFS) still leads to them, and they get
/// the same number again. Bounded: what was let go of long ago is looked for in the bucket.
struct ForgottenInodes: Sendable {
    struct Place: Hashable, Sendable {
        let parent: Inode
        let name: FileName
    }

    private struct Part: Sendable {
        var places: [Inode: Place] = [:]
        var inodes: [Place: Inode] = [:]
        var generations: [Inode: UInt32] = [:]

        mutating func remove(_ inode: Inode) -> Place? {
            guard let place = places.removeValue(forKey: inode) else { return nil }
            inodes[place] = nil
            return place
        }
    }

    /// What is new goes to `recent`; when that is full, it takes the place of `older`.
    private var recent = Part()
    private var older = Part()
    private let limit: Int

    /// `limit`: how many at most; each takes about 300 bytes.
    init(limit: Int = 8192) {
        self.limit = limit
    }

    func place(of inode: Inode) -> Place? { recent.places[inode] ?? older.places[inode] }

    /// The file is forgotten under this name.
    mutating func note(_ inode: Inode, _ place: Place) {
        _ = remove(inode)
        if let other = takeInode(at: place) { _ = remove(other) }
        recent.places[inode] = place
        recent.inodes[place] = inode
        turn()
    }

    /// The number that what is found under a name had before, once.
    mutating func takeInode(at place: Place) -> Inode? {
        guard let inode = recent.inodes[place] ?? older.inodes[place] else { return nil }
        _ = remove(inode)
        return inode
    }

    /// The number is another file's from now on.
    mutating func giveAway(_ inode: Inode) {
        if remove(inode) != nil { noteEnd(of: inode) }
    }

    private mutating func remove(_ inode: Inode) -> Place? {
        recent.remove(inode) ?? older.remove(inode)
    }

    // MARK: Generations

    /// How many files have had this number before.
    func generation(of inode: Inode) -> UInt32 {
        recent.generations[inode] ?? older.generations[inode] ?? 0
    }

    /// The file with this number is gone for good.
    mutating func noteEnd(of inode: Inode) {
        recent.generations[inode] = generation(of: inode) &+ 1
        turn()
    }

    private mutating func turn() {
        guard max(recent.places.count, recent.generations.count) >= limit / 2 else { return }
        older = recent
        recent = Part()
    }
}
