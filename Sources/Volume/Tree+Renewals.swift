internal import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata

/// A folder of which all names are known is asked for again as a whole.
struct FolderRenewal: Sendable {
    let asked: ContinuousClock.Instant
    /// The answer has been taken up, or there is none.
    let ended = Completion()
    /// Names that were made, stored or removed from here meanwhile: of them more is known than the answer may say.
    var touched: Set<FileName> = []
}

extension FolderListing {
    /// Of larger folders a name is cheaper than all of them.
    private static let largestRenewed = 500
    /// For so long after a name was made more are expected.
    private static let growth = Duration.seconds(5)

    /// Whether one request can tell all names.
    var isRenewable: Bool { isComplete && renewal == nil && count <= Self.largestRenewed }

    /// Whether programs are making names in it.
    func isGrowing(_ now: ContinuousClock.Instant) -> Bool {
        lastMade.map { now - $0 < Self.growth } ?? false
    }
}

extension Tree {
    /// The folder to renew before a name is asked for by itself: the one that the name is in, if all that was known of it has become too old, or
    /// the folder of that name, if names are being made in it.
    func renewable(for name: FileName, in parent: Inode, _ expectation: Expectation) -> Inode? {
        let now = ContinuousClock.now
        switch expectation {
        case .file: return nil
        case .nothing:
            guard !KeySpace.isEscaped(name), let listing = listings[parent], listing.isRenewable, listing[name] == nil else { return nil }
            return listing.validUntil <= now ? parent : nil
        case .folder:
            guard let folder = child(name, of: parent), let listing = listings[folder] else { return nil }
            return listing.isRenewable && listing.isGrowing(now) ? folder : nil
        }
    }

    /// Of a folder in which names are being made and those above it: which are all known, but will not be believed for long any more.
    func worthRenewing(from folder: Inode, _ ttl: Duration) -> [Inode] {
        let now = ContinuousClock.now
        guard listings[folder]?.isGrowing(now) == true else { return [] }
        var found: [Inode] = []
        var current = folder
        while let node = self[current] {
            if let listing = listings[current], listing.isRenewable {
                let validUntil = node.validUntil.map { min($0, listing.validUntil) } ?? listing.validUntil
                if validUntil - now < ttl / 2 { found.append(current) }
            }
            guard let parent = node.parent, parent != .root else { break }
            current = parent
        }
        return found
    }

    /// Whether one listing, with what it proves of remembered attributes, may tell of many names: all were known, which is too long ago now.
    func isOutdatedAsAWhole(_ folder: Inode) -> Bool {
        guard let listing = listings[folder], listing.isRenewable else { return false }
        return listing.validUntil <= .now
    }

    /// Nil when that is under way, or all names are not known.
    mutating func beginRenewal(of folder: Inode) -> FolderRenewal? {
        guard listings[folder]?.isRenewable == true else { return nil }
        let renewal = FolderRenewal(asked: .now)
        listings.update(folder) { $0.renewal = renewal }
        return renewal
    }

    mutating func abandon(_ renewal: FolderRenewal, of folder: Inode) {
        listings.update(folder) { if $0.renewal?.asked == renewal.asked { $0.renewal = nil } }
    }

    /// All names as the store has shown them, but for what was done here meanwhile; false when something else has replaced the listing.
    mutating func finish(
        _ renewal: FolderRenewal, of folder: Inode, _ names: [ListedName], _ infos: [Key: ObjectInfo], _ ttl: Duration
    ) -> Bool {
        guard let known = listings[folder], let renewed = known.renewal, renewed.asked == renewal.asked else { return false }
        let validUntil = renewal.asked + ttl
        var listing = FolderListing(pass: known.pass, validUntil: validUntil)
        listing.lastMade = known.lastMade
        let shown = names.filter { !renewed.touched.contains($0.name) }
        let infos = believed(infos, of: shown, in: folder)
        for name in shown { if case .object(let object) = name.kind { noticeVersion(object, name.name, in: folder) } }
        listing.append(shown.map { ($0.name, ListedEntry($0, infos, validUntil)) }, until: validUntil)
        for name in renewed.touched {
            if var entry = known[name] {
                (entry.place, entry.validUntil) = (nil, validUntil)
                listing.set(name, entry)
            }
        }
        for child in localChildren(of: folder) where listing[child.name] == nil {
            listing.set(child.name, ListedEntry(kind: child.kind, validUntil: validUntil))
        }
        listing.complete()
        listings.set(folder, listing)
        return true
    }
}
