import Glibc
import ObjectStorage
import Synchronization

/// The folder that holds everything, and the buckets in it.
///
/// The layout: `lock` (held while a server runs), `blobs/xx/ID` (bytes), `buckets/NAME/` (see `BucketFolder`).
final class DataFolder: Sendable {
    let generations = Generations()
    let blobs: BlobFolder
    private let path: String
    private let lock: SystemFile
    private let buckets = Mutex<[String: Bucket]>([:])
    private let remembersChanges = Atomic<Bool>(false)

    /// Opens or creates the folder, removes what a crash left behind, and reads all manifests.
    init(path: String) throws(FileFailure) {
        self.path = path
        try SystemFolder.make(path)
        try SystemFolder.make("\(path)/buckets")
        lock = try SystemFile.open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC)
        guard flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 else { throw FileFailure("lock (is another store running on it?)", path) }
        blobs = try BlobFolder(path: "\(path)/blobs")
        let loader = FolderLoader(blobs: blobs, generations: generations)
        var found: [String: Bucket] = [:]
        for name in try SystemFolder.names(in: "\(path)/buckets") {
            found[name] = try loader.bucket(name, BucketFolder(path: "\(path)/buckets/\(name)"))
        }
        try loader.sweep()
        buckets.withLock { [found] in $0 = found }
    }

    /// Lets go of everything; the files stay.
    func close() {
        blobs.close()
        buckets.withLock { $0 = [:] }
        flock(lock.descriptor, LOCK_UN)
    }

    func bucket(_ name: String) throws(ServiceError) -> Bucket {
        guard let bucket = buckets.withLock({ $0[name] }) else { throw .noSuchBucket }
        return bucket
    }

    /// By name.
    var allBuckets: [Bucket] {
        buckets.withLock { Array($0.values) }.sorted { $0.name < $1.name }
    }

    /// Creates it with some settings; fails where there is one of that name.
    func createBucket(_ name: String, settings: [String: String] = [:]) throws {
        let folder = BucketFolder(path: "\(path)/buckets/\(name)")
        try buckets.withLock { buckets in
            guard buckets[name] == nil else { throw ServiceError.bucketAlreadyOwnedByYou }
            let created = StoreTime.now
            try folder.create(created)
            // On the disk first: a bucket reads its settings when it is made.
            try BucketSettings(path: folder.settings).change { $0 = settings }
            let bucket = Bucket(name: name, created: created, folder: folder)
            bucket.remembersChanges(remembersChanges.load(ordering: .relaxed))
            buckets[name] = bucket
        }
    }

    /// Whether all buckets remember what changes in them from now on, for listings that lag.
    func remembersChanges(_ remembers: Bool) {
        buckets.withLock { buckets in
            remembersChanges.store(remembers, ordering: .relaxed)
            for bucket in buckets.values { bucket.remembersChanges(remembers) }
        }
    }

    func deleteBucket(_ name: String) throws {
        try buckets.withLock { buckets in
            guard let bucket = buckets[name] else { throw ServiceError.noSuchBucket }
            try bucket.close()
            try bucket.folder.remove()
            buckets[name] = nil
        }
    }
}

/// Reads a data folder at start.
private final class FolderLoader {
    private let blobs: BlobFolder
    private let generations: Generations
    private var loaded: [UInt64: Blob] = [:]

    init(blobs: BlobFolder, generations: Generations) {
        self.blobs = blobs
        self.generations = generations
    }

    /// Removes the blobs that no manifest names: bodies that were being received, and what deleted objects held.
    func sweep() throws(FileFailure) {
        try blobs.sweep(living: Set(loaded.keys))
        if let last = loaded.keys.max() { generations.skip(past: last) }
        loaded = [:]
    }

    /// Nil, and removed, where its creation or removal was not finished.
    func bucket(_ name: String, _ folder: BucketFolder) throws(FileFailure) -> Bucket? {
        guard let created = folder.creationTime() else {
            try folder.remove()
            return nil
        }
        let bucket = Bucket(name: name, created: created, folder: folder)
        for subfolder in try SystemFolder.names(in: folder.objects) {
            for file in try SystemFolder.names(in: "\(folder.objects)/\(subfolder)") {
                guard let manifest = try manifest(at: "\(folder.objects)/\(subfolder)/\(file)") else { continue }
                try bucket.load(manifest)
            }
        }
        for id in try SystemFolder.names(in: folder.uploads) { try load(id, into: bucket) }
        return bucket
    }

    private func load(_ id: String, into bucket: Bucket) throws(FileFailure) {
        let path = "\(bucket.folder.uploads)/\(id)"
        guard let manifest = try manifest(at: "\(path)/upload"), bucket.object(manifest.key)?.manifest.upload != id else {
            return try SystemFolder.removeTree(path)
        }
        let upload = PendingUpload(id: id, manifest: manifest, path: path)
        for file in try SystemFolder.names(in: path) where file != "upload" {
            guard let part = try self.manifest(at: "\(path)/\(file)"), let number = Int(file.split(separator: ".")[0]) else { continue }
            try upload.load(PendingUpload.Part(number: number, manifest: part))
        }
        try? bucket.add(upload)
    }

    /// The manifest in a file; nil, and removed, where it was not finished.
    private func manifest(at path: String) throws(FileFailure) -> Manifest? {
        if !path.hasSuffix(".draft"), let manifest = ManifestFile.decode(try SystemFile.readAll(path), blob: blob) {
            generations.skip(past: manifest.generation)
            return manifest
        }
        try SystemFolder.unlink(path)
        return nil
    }

    private func blob(_ id: UInt64) -> Blob {
        if let blob = loaded[id] { return blob }
        let blob = Blob(id: id, folder: blobs)
        loaded[id] = blob
        return blob
    }
}
