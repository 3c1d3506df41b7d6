import Crypto
import ObjectStorage
import Synchronization

/// One bucket: an index of its objects in memory, and a folder with a manifest file for each.
///
/// Lock order: an upload's state before its bucket's.
final class Bucket: Sendable {
    private struct State {
        var objects = SortedIndex<StoredObject>()
        var uploads: [String: PendingUpload] = [:]
        var deleted = false
        /// Nil unless listings shall lag.
        var log: ChangeLog<StoredObject>?

        mutating func record(_ key: Key) { log?.record(key, objects[key]) }
    }

    let name: String
    let created: StoreTime
    let folder: BucketFolder
    let settings: BucketSettings
    private let state = Mutex(State())
    /// Held by whoever changes an object in place of putting it anew, or changes the tree of a file system. Before all other locks.
    let editing = Mutex(())

    init(name: String, created: StoreTime, folder: BucketFolder) {
        self.name = name
        self.created = created
        self.folder = folder
        settings = BucketSettings(path: folder.settings)
    }

    func object(_ key: Key) -> StoredObject? {
        state.withLock { $0.objects[key] }
    }

    /// One page, without what a reader with that lag does not see yet.
    func page(_ query: ListingQuery, _ lag: ListingLag? = nil) -> ListingPage<StoredObject> {
        state.withLock { state in
            guard let lag, let log = state.log else { return state.objects.page(query) }
            return log.shown(state.objects, lag).page(query)
        }
    }

    /// Whether changes are remembered, for listings that lag.
    func remembersChanges(_ remembers: Bool) {
        state.withLock { state in
            if remembers != (state.log != nil) { state.log = remembers ? ChangeLog() : nil }
        }
    }

    /// Somebody else changed the object meanwhile.
    struct Overtaken: Error {}

    /// Makes `manifest` the object of its key, at one moment for all readers, if the condition holds at that moment.
    func commit(_ manifest: Manifest, inline: [UInt8] = [], _ condition: WritePrecondition) throws -> StoredObject {
        guard isFileSystem else { return try place(manifest, inline: inline, condition) }
        return try editing.withLock { _ in
            try checkPath(manifest.key)
            let object = try place(manifest, inline: inline, condition)
            try makeParents(of: manifest)
            return object
        }
    }

    /// As `commit`, which for a file system sees to the tree too. With `replacing`, only in place of that very version.
    func place(
        _ manifest: Manifest, inline: [UInt8] = [], _ condition: WritePrecondition, replacing expected: StoredObject?? = nil
    ) throws -> StoredObject {
        let object = StoredObject(manifest)
        let draft = try folder.writeDraft(manifest, inline: inline)
        let result = state.withLock { state -> Result<StoredObject?, any Error> in
            Result {
                guard !state.deleted else { throw ServiceError.noSuchBucket }
                if let expected, expected !== state.objects[manifest.key] { throw Overtaken() }
                try condition.check(current: state.objects[manifest.key]?.etag)
                try folder.publish(draft, manifest)
                state.record(manifest.key)
                return state.objects.set(manifest.key, object)
            }
        }
        switch result {
        case .success(let old):
            if let old { try folder.remove(old.manifest) }
            return object
        case .failure(let error):
            try SystemFolder.unlink(draft)
            throw error
        }
    }

    /// Whether there was such an object. When this returns, the object is gone from the disk too.
    @discardableResult
    func delete(_ key: Key, _ condition: WritePrecondition) throws -> Bool {
        guard isFileSystem else { return try take(key, condition) }
        return try editing.withLock { _ in
            try checkIsEmpty(key)
            return try take(key, condition)
        }
    }

    private func take(_ key: Key, _ condition: WritePrecondition) throws -> Bool {
        let result = state.withLock { state -> Result<StoredObject?, ServiceError> in
            Result { () throws(ServiceError) in
                try condition.check(current: state.objects[key]?.etag)
                state.record(key)
                return state.objects.remove(key)
            }
        }
        guard let old = try result.get() else { return false }
        try folder.remove(old.manifest)
        return true
    }

    /// Gives objects other keys, all at one moment for readers.
    func move(_ pairs: [(old: StoredObject, new: Manifest)]) throws {
        let drafts = try pairs.map { pair in
            try folder.writeDraft(pair.new, inline: pair.old.manifest.content.isInline ? readInline(pair.old) : [])
        }
        try state.withLock { state in
            guard pairs.allSatisfy({ state.objects[$0.old.manifest.key] === $0.old }) else { throw ServiceError.renameConflict }
            for (pair, draft) in zip(pairs, drafts) {
                try folder.publish(draft, pair.new)
                state.record(pair.old.manifest.key)
                state.record(pair.new.key)
                state.objects.remove(pair.old.manifest.key)
                state.objects.set(pair.new.key, StoredObject(pair.new))
            }
        }
        for pair in pairs { try folder.remove(pair.old.manifest) }
    }

    private func readInline(_ object: StoredObject) throws -> [UInt8] {
        guard let (file, offset) = try folder.openInline(object.manifest) else { throw ServiceError.renameConflict }
        return try file.read(at: offset, count: Int(object.size))
    }

    /// Refuses to go while there are objects; afterwards nothing can be committed here.
    func close() throws(ServiceError) {
        let isEmpty = state.withLock { state in
            if state.objects.count == 0 { state.deleted = true }
            return state.deleted
        }
        guard isEmpty else { throw .bucketNotEmpty }
    }
}

extension Bucket {
    func add(_ upload: PendingUpload) throws(ServiceError) {
        let added = state.withLock { state in
            if !state.deleted { state.uploads[upload.id] = upload }
            return !state.deleted
        }
        guard added else { throw .noSuchBucket }
    }

    func upload(_ id: String, _ key: Key) throws(ServiceError) -> PendingUpload {
        guard let upload = state.withLock({ $0.uploads[id] }), upload.manifest.key == key else { throw .noSuchUpload }
        return upload
    }

    func forget(_ upload: PendingUpload) {
        state.withLock { $0.uploads[upload.id] = nil }
    }

    /// In the order of listings: by key, then by age.
    var uploads: [PendingUpload] {
        state.withLock { Array($0.uploads.values) }.sorted { left, right in
            left.manifest.key == right.manifest.key ? left.id < right.id : left.manifest.key < right.manifest.key
        }
    }

    /// Puts what was found at start into the index: of two versions of a key, which a crash can leave, the later.
    func load(_ manifest: Manifest) throws(FileFailure) {
        let superseded = state.withLock { state -> Manifest? in
            if let other = state.objects[manifest.key]?.manifest, other.generation > manifest.generation { return manifest }
            return state.objects.set(manifest.key, StoredObject(manifest))?.manifest
        }
        if let superseded { try folder.remove(superseded) }
    }
}
