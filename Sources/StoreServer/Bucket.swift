import Crypto
import ObjectStorage
import Synchronization

/// One bucket: an index of its objects in memory, and a folder with a manifest file for each version.
///
/// Lock order: an upload's state before its bucket's.
final class Bucket: Sendable {
    fileprivate struct State {
        var objects = SortedIndex<VersionStack>()
        var uploads: [String: PendingUpload] = [:]
        var rules: BucketRules
        var deleted = false
        /// Nil unless listings shall lag.
        var log: ChangeLog<VersionStack>?

        mutating func record(_ key: Key) { log?.record(key, objects[key]) }
    }

    let name: String
    let created: StoreTime
    let folder: BucketFolder
    let settings: BucketSettings
    private let state: Mutex<State>
    /// Held by whoever changes an object in place of putting it anew, or changes the tree of a file system. Before all other locks.
    let editing = Mutex(())

    init(name: String, created: StoreTime, folder: BucketFolder) {
        self.name = name
        self.created = created
        self.folder = folder
        settings = BucketSettings(path: folder.settings)
        state = Mutex(State(rules: BucketRules(settings)))
    }

    var rules: BucketRules { state.withLock { $0.rules } }

    /// Makes a change that is there for all at one moment, and on the disk before. `change` is told whether the bucket is empty.
    func configure(_ change: (inout BucketRules, _ isEmpty: Bool) throws(ServiceError) -> Void) throws {
        try state.withLock { state in
            guard !state.deleted else { throw ServiceError.noSuchBucket }
            var rules = state.rules
            try change(&rules, state.objects.count == 0)
            try rules.save(in: settings)
            state.rules = rules
        }
    }

    /// What a reader who names no version finds.
    func object(_ key: Key) -> StoredObject? {
        state.withLock { $0.objects[key]?.live }
    }

    /// All versions, the latest first; nil where there is none.
    func versions(_ key: Key) -> VersionStack? {
        state.withLock { $0.objects[key] }
    }

    /// Goes through all versions of all objects, but for delete markers.
    func reduce<Result: Sendable>(_ start: Result, _ add: (inout Result, StoredObject) -> Void) -> Result {
        state.withLock { state in
            var result = start
            var position = state.objects.firstPosition(notBefore: Key(""))
            while position != state.objects.end {
                for object in state.objects[position].value.all where !object.facts.isDeleteMarker { add(&result, object) }
                position = state.objects.position(after: position)
            }
            return result
        }
    }

    /// One page, without what a reader with that lag does not see yet.
    func page(_ query: ListingQuery, _ lag: ListingLag? = nil) -> ListingPage<StoredObject> {
        state.withLock { state in
            guard let lag, let log = state.log else { return state.objects.page(query) { $0.live } }
            return log.shown(state.objects, lag).page(query) { $0.live }
        }
    }

    func versionPage(_ query: VersionQuery) -> VersionPage {
        state.withLock { $0.objects.page(query) }
    }

    /// Whether changes are remembered, for listings that lag.
    func remembersChanges(_ remembers: Bool) {
        state.withLock { state in
            if remembers != (state.log != nil) { state.log = remembers ? ChangeLog() : nil }
        }
    }

    /// Somebody else changed the object meanwhile.
    struct Overtaken: Error {}

    /// Makes `manifest` the latest version of its key, at one moment for all readers, if the condition holds at that moment.
    func commit(_ manifest: Manifest, inline: [UInt8] = [], _ condition: WritePrecondition) throws -> StoredObject {
        guard isFileSystem else { return try place(manifest, inline: inline, condition) }
        return try editing.withLock { _ in
            try checkPath(manifest.key)
            let object = try place(manifest, inline: inline, condition)
            try makeParents(of: manifest)
            return object
        }
    }

    /// As `commit`, which for a file system sees to the tree too. With `replacing`, only in place of that very version, whose name it takes over.
    func place(
        _ manifest: Manifest, inline: [UInt8] = [], _ condition: WritePrecondition, replacing expected: StoredObject?? = nil
    ) throws -> StoredObject {
        var manifest = manifest
        if (expected ?? nil) == nil { rules.prepare(&manifest) }
        let object = StoredObject(manifest)
        let draft = try folder.writeDraft(manifest, inline: inline)
        let result = state.withLock { state in
            Result {
                if let expected, expected !== state.objects[manifest.key]?.live { throw Overtaken() }
                let old = try Self.check(object, condition, state)
                try folder.publish(draft, manifest)
                state.add(object)
                return old
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

    /// What `object` replaces, if it may.
    private static func check(_ object: StoredObject, _ condition: WritePrecondition, _ state: State) throws(ServiceError) -> StoredObject? {
        guard !state.deleted else { throw .noSuchBucket }
        let stack = state.objects[object.manifest.key]
        try condition.check(stack?.live, now: object.manifest.modified)
        guard let old = stack?.replaced(by: object) else { return nil }
        if let refusal = old.facts.hold(now: object.manifest.modified, bypassesGovernance: false) { throw refusal }
        return old
    }

    /// Removes one version for ever; nil where there is no such version. When this returns, it is gone from the disk too.
    func remove(_ key: Key, version: String, bypassesGovernance: Bool, _ condition: WritePrecondition) throws -> StoredObject? {
        guard isFileSystem else { return try take(key, version: version, bypassesGovernance: bypassesGovernance, condition) }
        return try editing.withLock { _ in
            try checkIsEmpty(key)
            return try take(key, version: version, bypassesGovernance: bypassesGovernance, condition)
        }
    }

    private func take(_ key: Key, version: String, bypassesGovernance: Bool, _ condition: WritePrecondition) throws -> StoredObject? {
        let result = state.withLock { state -> Result<StoredObject?, ServiceError> in
            Result { () throws(ServiceError) in
                try condition.check(state.objects[key]?.live, now: .now)
                guard let stack = state.objects[key], let object = stack.version(version) else { return nil }
                if let refusal = object.facts.hold(now: .now, bypassesGovernance: bypassesGovernance) { throw refusal }
                state.set(key, stack.without(object))
                return object
            }
        }
        guard let old = try result.get() else { return nil }
        try folder.remove(old.manifest)
        return old
    }

    /// Changes what is known of a version; its bytes, its ETag and its age stay. Throws what `change` throws.
    func update(_ object: StoredObject, _ change: (inout ObjectFacts) throws(ServiceError) -> Void) throws {
        try state.withLock { state in
            let key = object.manifest.key
            guard let current = state.objects[key]?.version(object.facts.version ?? VersionID.null) else {
                throw ServiceError.noSuchKey
            }
            var manifest = current.manifest
            try change(&manifest.facts)
            try folder.replace(manifest)
            state.add(StoredObject(manifest))
        }
    }

    /// Gives objects other keys, all at one moment for readers.
    func move(_ pairs: [(old: StoredObject, new: Manifest)]) throws {
        let drafts = try pairs.map { pair in
            try folder.writeDraft(pair.new, inline: pair.old.manifest.content.isInline ? readInline(pair.old) : [])
        }
        try state.withLock { state in
            guard pairs.allSatisfy({ state.objects[$0.old.manifest.key]?.live === $0.old }) else { throw ServiceError.renameConflict }
            for (pair, draft) in zip(pairs, drafts) {
                try folder.publish(draft, pair.new)
                state.set(pair.old.manifest.key, nil)
                state.add(StoredObject(pair.new))
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

extension Bucket.State {
    fileprivate mutating func add(_ object: StoredObject) {
        let key = object.manifest.key
        record(key)
        guard var stack = objects[key] else { return _ = objects.set(key, VersionStack(object)) }
        stack.insert(object)
        objects.set(key, stack)
    }

    fileprivate mutating func set(_ key: Key, _ stack: VersionStack?) {
        record(key)
        if let stack {
            objects.set(key, stack)
        } else {
            objects.remove(key)
        }
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

    /// Puts what was found at start into the index: of two null versions of a key, which a crash can leave, the later.
    func load(_ manifest: Manifest) throws(FileFailure) {
        let superseded = state.withLock { state -> Manifest? in
            let object = StoredObject(manifest)
            let other = state.objects[manifest.key]?.replaced(by: object)?.manifest
            if let other, other.generation > manifest.generation { return manifest }
            state.add(object)
            return other
        }
        if let superseded { try folder.remove(superseded) }
    }
}
