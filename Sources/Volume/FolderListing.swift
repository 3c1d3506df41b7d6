internal import FileSystemTypes
internal import ObjectStorage

/// What a listing has shown of one name, and what has been asked since.
struct ListedEntry: Sendable {
    /// A folder, or an object, shown as `regular`.
    var kind: FileKind
    /// What the listing said of the object; nil for folders, and for what was stored from here since.
    var object: ListedObject?
    private var foundOutOfLine: Indirect<Found>?
    /// Until then all that is believed.
    var validUntil: ContinuousClock.Instant
    /// Where it stands in the listing; nil for what was made here since.
    var place: Int?

    init(kind: FileKind, object: ListedObject? = nil, found: Found? = nil, validUntil: ContinuousClock.Instant) {
        self.kind = kind
        self.object = object
        foundOutOfLine = found.map { Indirect($0) }
        self.validUntil = validUntil
    }

    /// What the store said of it, or would say for certain, and nobody has taken up yet.
    var found: Found? {
        get { foundOutOfLine?.value }
        set { foundOutOfLine = newValue.map { Indirect($0) } }
    }
}

/// The names in a folder as a listing showed them a moment ago: of all, or of the last pages of a very long one.
struct FolderListing: Sendable {
    private(set) var names: [FileName: ListedEntry] = [:]
    /// In the order of the listing.
    private var order: [FileName?] = []
    /// The place of the first of them.
    private var start = 0
    /// Nothing was listed beyond `order`, and nothing of it was let go.
    private(set) var isComplete = false
    /// Somebody reads on.
    private(set) var isUnderWay = true
    /// How far a listing that is not complete may be believed as a whole.
    private(set) var validUntil: ContinuousClock.Instant
    let pass: UInt64
    /// When a name was last made in the folder from here.
    var lastMade: ContinuousClock.Instant?
    /// All names are being asked for again.
    var renewal: FolderRenewal?
    /// Where somebody goes through the names.
    var window = SiblingWindow()
    /// Where somebody reads one file after the other.
    var contents = ContentWindows()
    /// The folder that was opened last, by its place.
    private var lastOpened: Int?
    /// It came after the one that had been opened before, or nearly.
    private var isWalked = false
    /// Larger than that of a listing that nobody has used since.
    var lastUse: UInt64 = 0

    /// Of longer listings the last ones are kept.
    static let maximumNames = 20_000
    private let mostNames: Int

    /// A listing that has just begun. `mostNames`: of a longer one the last names are kept.
    init(pass: UInt64, validUntil: ContinuousClock.Instant, mostNames: Int = FolderListing.maximumNames) {
        self.pass = pass
        self.validUntil = validUntil
        self.mostNames = mostNames
    }

    /// Of a folder that was made here.
    init(emptyUntil validUntil: ContinuousClock.Instant) {
        self.init(pass: 0, validUntil: validUntil)
        complete()
    }

    var count: Int { names.count }

    subscript(name: FileName) -> ListedEntry? { names[name] }

    mutating func update(_ name: FileName, _ body: (inout ListedEntry) -> Void) {
        guard names[name] != nil else { return }
        // In place: a copy of the entry would copy what it holds.
        body(&names[name, default: ListedEntry(kind: .regular, validUntil: validUntil)])
    }

    mutating func set(_ name: FileName, _ entry: ListedEntry?) {
        var entry = entry
        if let place = names[name]?.place { entry?.place = place }
        if entry == nil, let place = names[name]?.place { order[place - start] = nil }
        names[name] = entry
    }

    /// The next names of the listing, on a page that is believed for so long.
    mutating func append(_ entries: [(name: FileName, entry: ListedEntry)], until limit: ContinuousClock.Instant) {
        validUntil = min(validUntil, limit)
        for (name, entry) in entries {
            var entry = entry
            entry.place = start + order.count
            order.append(name)
            names[name] = entry
        }
        letGo()
    }

    mutating func complete() {
        isComplete = start == 0
        isUnderWay = false
    }

    mutating func stop() {
        isUnderWay = false
    }

    private mutating func letGo() {
        guard order.count > mostNames else { return }
        let excess = order.count - mostNames / 2
        for name in order[..<excess] { if let name { names[name] = nil } }
        order.removeFirst(excess)
        start += excess
    }

    /// All names, those of the listing in its order.
    var items: [DirectoryItem] {
        let listed = order.compactMap { name in name.flatMap { name in names[name].map { DirectoryItem(name, $0) } } }
        return listed + names.filter { $0.value.place == nil }.map { DirectoryItem($0.key, $0.value) }.sorted { $0.name < $1.name }
    }

    /// The folder at `place` is opened: where the one before, or nearly, was opened last, the folders that follow.
    mutating func foldersAhead(of place: Int, _ count: Int) -> [FileName] {
        let before = lastOpened
        lastOpened = place
        isWalked = before.map { isNear(place, behind: $0) } ?? false
        guard isWalked else { return [] }
        return folders(in: place + 1..<start + order.count, atMost: count)
    }

    /// Whether somebody opens one folder after the other, and that of this name comes next, or nearly.
    func isNext(_ name: FileName) -> Bool {
        guard isWalked, let lastOpened, let place = names[name]?.place else { return false }
        return isNear(place, behind: lastOpened)
    }

    /// Those of `names` whose attributes are to be asked for: where somebody opens one folder after the other, not those of folders, whose own
    /// listings tell.
    func unwalked(_ names: [FileName]) -> [FileName] {
        isWalked ? names.filter { self.names[$0]?.kind != .directory } : names
    }

    private func isNear(_ place: Int, behind before: Int) -> Bool {
        before < place && folders(in: before + 1..<place, atMost: 4).count < 4
    }

    private func folders(in places: Range<Int>, atMost count: Int) -> [FileName] {
        var found: [FileName] = []
        for place in places where found.count < count && place >= start {
            if let name = order[place - start], names[name]?.kind == .directory { found.append(name) }
        }
        return found
    }

    /// The object at a place, where it has content to be told from that of other versions.
    func object(at place: Int) -> ListedObject? {
        guard place >= start, place < start + order.count, let name = order[place - start] else { return nil }
        guard let object = names[name]?.object, object.size > 0, object.etag != nil else { return nil }
        return object
    }

    /// The names at these places, as far as they are there.
    func names(at places: Range<Int>) -> [FileName] {
        places.clamped(to: start..<start + order.count).compactMap { order[$0 - start] }
    }
}

extension DirectoryItem {
    fileprivate init(_ name: FileName, _ entry: ListedEntry) {
        self.init(name: name, kind: entry.kind, mayBeSpecial: entry.kind == .regular)
    }
}
