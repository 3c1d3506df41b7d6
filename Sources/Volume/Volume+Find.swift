internal import FileSystemTypes
internal import MetadataCache
internal import ObjectStorage
internal import PosixMetadata

/// What the store has under a name.
enum Found: Sendable {
    case file(ObjectInfo)
    /// With what HEAD says of the marker, where there is one.
    case folder(marker: ObjectInfo?)
    case nothing
}

/// What is known of a name before the store is asked.
enum Expectation: Sendable {
    case nothing
    /// It was a file; with what a listing has just shown of it.
    case file(ListedObject?)
    /// It was a folder.
    case folder(hasMarker: Bool, FolderEvidence)

    init(_ node: Node) {
        self = node.kind == .directory ? .folder(hasMarker: node.hasMarker, .once) : .file(nil)
    }

    init(_ listed: ListedEntry) {
        self = listed.kind == .directory ? .folder(hasMarker: true, .listed) : .file(listed.object)
    }
}

/// How a folder is known.
enum FolderEvidence: Sendable {
    /// Something was in it, longer ago than it is believed.
    case once
    /// As `once`; and whoever opens one folder after the other opens this one next.
    case next
    /// A listing has just shown that something is in it.
    case listed
}

/// Asks the store what a path is, in as few requests as what is known already allows.
extension Volume {
    func find(_ path: [FileName], expecting expectation: Expectation) async throws(Errno) -> Found {
        switch try keys.target(of: path) {
        case .nothing: return .nothing
        case .continuation: return .folder(marker: nil)
        case .object(let key, let isMarker): return try await findFile(key, isMarker: isMarker)
        case .entry(let entry): return try await find(entry, expecting: expectation)
        }
    }

    private func find(_ entry: EntryKeys, expecting expectation: Expectation) async throws(Errno) -> Found {
        let expected: Found =
            switch expectation {
            case .nothing: .nothing
            case .file(let listed): try await findFile(entry.object, isMarker: entry.objectIsMarker, listed)
            case .folder(let hasMarker, let evidence): try await findKnownFolder(entry.folder, hasMarker: hasMarker, evidence)
            }
        // It may be something else now.
        if case .nothing = expected { return try await findUnknown(entry) }
        return expected
    }

    private func findKnownFolder(_ folder: FolderKey?, hasMarker: Bool, _ evidence: FolderEvidence) async throws(Errno) -> Found {
        guard let folder else { return .nothing }
        switch evidence {
        case .listed: return try await findListedFolder(folder)
        case .next: if let found = try await findNextFolder(folder) { return found }
        case .once: break
        }
        return hasMarker ? try await findMarker(folder).map { .folder(marker: $0) } ?? .nothing : try await findFolder(folder)
    }

    /// One LIST and one HEAD, wherever that is enough.
    ///
    /// A name with an extension is a file most likely: both are sent at once. Of other names the listing tells what they are, and
    /// HEAD asks for that: a guess would often cost a request more. A name that is both is shown as the folder: everything below it
    /// stays reachable.
    private func findUnknown(_ entry: EntryKeys) async throws(Errno) -> Found {
        if let object = entry.object, let folder = entry.folder, !entry.objectIsMarker, !Self.looksLikeFile(object) {
            return try await findByListing(object, folder)
        }
        async let file = settled { () async throws(Errno) in try await self.findFile(entry.object, isMarker: entry.objectIsMarker) }
        async let folder = settled { () async throws(Errno) in try await self.findFolder(entry.folder) }
        if case .folder(let marker) = try await folder.get() { return .folder(marker: marker) }
        return try await file.get()
    }

    static func looksLikeFile(_ key: Key) -> Bool {
        let name = key.bytes.suffix(while: { $0 != UInt8(ascii: "/") })
        return name.dropFirst().contains(UInt8(ascii: "."))
    }

    private func findByListing(_ object: Key, _ folder: FolderKey) async throws(Errno) -> Found {
        let page = try await asking { () async throws(StoreError) in
            try await store.list(ListRequest(prefix: object, delimiter: "/", maximumKeys: 16, withAttributes: true))
        }
        if page.commonPrefixes.contains(folder.prefix) { return .folder(marker: try await findMarker(folder)) }
        let last = [page.objects.last?.key, page.commonPrefixes.last].compactMap(\.self).max()
        if page.next != nil, let last, last < folder.prefix, case .folder(let marker) = try await findFolder(folder) {
            return .folder(marker: marker)
        }
        // Also where the listing shows nothing: some stores list what is new a moment later.
        return try await findFile(object, isMarker: false, page.objects.first { $0.key == object })
    }

    /// A marker is a file as long as it has content.
    private func findFile(_ key: Key?, isMarker: Bool, _ listed: ListedObject? = nil) async throws(Errno) -> Found {
        guard let key, let info = try await existing(key, listed: listed), !isMarker || info.size > 0 else { return .nothing }
        return .file(info)
    }

    func findFolder(_ folder: FolderKey?) async throws(Errno) -> Found {
        guard let key = folder?.prefix else { return .nothing }
        let page = try await asking { () async throws(StoreError) in
            try await store.list(ListRequest(prefix: key, maximumKeys: 1, withAttributes: true))
        }
        guard let first = page.objects.first else { return .nothing }
        return .folder(marker: first.key == key ? try await existing(key, listed: first) : nil)
    }

    private func findMarker(_ folder: FolderKey?) async throws(Errno) -> ObjectInfo? {
        guard let key = folder?.marker else { return nil }
        return try await existing(key)
    }

    /// HEAD, with nil for what is not there; no request where `listed` tells all of the object, or proves what is remembered of it.
    func existing(_ key: Key, listed: ListedObject? = nil) async throws(Errno) -> ObjectInfo? {
        if let told = listed?.info { return told }
        if let listed, let known = await metadata?.known([listed], isPage: false)[listed.key] { return known }
        let changes = allChanges
        let info = try await asking { () async throws(StoreError) -> ObjectInfo? in
            do throws(StoreError) {
                return try await store.head(key, ReadConditions())
            } catch {
                guard error.reason == .noSuchKey else { throw error }
                return nil
            }
        }
        // What was changed from here meanwhile may not be in the answer, and its traces not in the listing.
        if let info, changes == allChanges { metadata?.remember(key, info, listed: listed) }
        return info
    }

    /// A rename by the store. An object keeps the time by which what is known of it is proved: under another name it would prove what is known of
    /// the one that was there.
    func renameNatively(_ key: Key, to newKey: Key) async throws(StoreError) {
        defer { for key in [key, newKey] { forgetMetadata(below: key) } }
        try await store.rename(key, to: newKey)
    }

    /// The object has been changed from here: what was remembered of it is old, even if its ETag, size and age are the same.
    func forgetMetadata(of key: Key) {
        metadata?.forget(key)
    }

    /// The same of an object, or of all that is below the key of a folder.
    func forgetMetadata(below key: Key) {
        metadata?.forget(below: key)
    }

    /// What is known of the objects of a page: what the page itself tells, and what earlier answers still say; nothing where nothing is believed.
    func remembered(of objects: [ListedObject]) async -> [Key: ObjectInfo] {
        guard options.metadataTTL > .zero else { return [:] }
        var known: [Key: ObjectInfo] = [:]
        for object in objects { known[object.key] = object.info }
        guard known.count < objects.count, let metadata else { return known }
        return await metadata.known(objects, isPage: true).merging(known) { $1 }
    }
}

extension Array where Element == UInt8 {
    /// The longest end that `body` holds for.
    fileprivate func suffix(while body: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        self[(lastIndex { !body($0) }.map { $0 + 1 } ?? 0)...]
    }
}
