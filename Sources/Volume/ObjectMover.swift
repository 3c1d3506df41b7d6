internal import FileSystemTypes
internal import Logging
internal import ObjectStorage

/// The requests of a rename of many objects. Each step can be made again from its beginning after it was broken off anywhere.
///
/// Objects that somebody else has put in the way meanwhile are neither overwritten by a repeated step nor deleted: a copy is told by
/// its ETag, and where that is not known by what it holds.
struct ObjectMover: Sendable {
    let store: any ObjectStore
    let copier: ObjectCopier
    let width: Int
    let ledger: CopyLedger
    let logger: Logger
    /// The copies were begun by another process, which is gone.
    var isAfterCrash = false
    /// Told how many objects more have been dealt with.
    let onProgress: @Sendable (Int) -> Void

    // MARK: What is there

    func contents(of place: MovePlace) async throws(StoreError) -> [ListedObject] {
        guard place.isFolder else { return try await file(place.key) }
        var pager = ListPager(store, ListRequest(prefix: place.key))
        var objects: [ListedObject] = []
        while let page = try await pager.next() { objects += page.objects }
        return objects
    }

    private func file(_ key: Key) async throws(StoreError) -> [ListedObject] {
        guard let info = try await head(key) else { return [] }
        return [ListedObject(key: key, size: info.size, etag: info.etag, lastModified: info.lastModified, storageClass: info.storageClass)]
    }

    func isThere(_ place: MovePlace) async throws(StoreError) -> Bool {
        guard place.isFolder else { return try await head(place.key) != nil }
        return try await !store.list(ListRequest(prefix: place.key, maximumKeys: 1)).objects.isEmpty
    }

    private func head(_ key: Key) async throws(StoreError) -> ObjectInfo? {
        do throws(StoreError) {
            return try await store.head(key, ReadConditions())
        } catch {
            guard error.reason == .noSuchKey else { throw error }
            return nil
        }
    }

    // MARK: Steps

    /// Copies in parallel; gives the versions of the copies in the order of `objects`. After a failure some are there.
    func copy(_ objects: [ListedObject], from source: MovePlace, to target: MovePlace) async throws(StoreError) -> [RemoteVersion] {
        try await inParallelToTheEnd(objects, Semaphore(width)) { (object) async throws(StoreError) in
            try await copy(object, to: source.moved(object.key, to: target))
        }
    }

    private func copy(_ object: ListedObject, to destination: Key) async throws(StoreError) -> RemoteVersion {
        let copied = try await copyOrMake(object, at: destination)
        try await ledger.note(object.etag, copiedTo: destination, as: copied.etag)
        onProgress(1)
        return copied
    }

    /// Stores that keep folders as folders list a marker but have nothing to copy: there it is made anew.
    private func copyOrMake(_ object: ListedObject, at destination: Key) async throws(StoreError) -> RemoteVersion {
        let version = RemoteVersion(etag: object.etag, size: object.size)
        do throws(StoreError) {
            return try await copier.copy(version, from: object.key, to: destination, replacing: nil)
        } catch {
            guard error.reason == .noSuchKey, object.size == 0, MovePlace(object.key).isFolder else { throw error }
            let info = try await store.head(object.key, ReadConditions())
            let receipt = try await store.put(destination, BytesSource(Bytes()), ObjectAttributes(of: info), .always)
            return RemoteVersion(etag: receipt.etag, size: 0)
        }
    }

    /// Takes copies back that were made of `source`, and puts the marker back that they have replaced. What a process that has been killed
    /// had asked for last a store may still be doing: then it is looked again.
    func undo(_ source: MovePlace, copiedTo target: MovePlace, restoring marker: ObjectAttributes?) async throws(StoreError) {
        for pause in isAfterCrash ? [Duration.zero, .milliseconds(300), .milliseconds(700)] : [.zero] {
            try? await Task.sleep(for: pause)
            var ours = try await copiesAt(target, of: source, where: { _, copy in copy })
            if let marker {
                ours.removeAll { $0 == target.key }
                _ = try await store.put(target.key, BytesSource(Bytes()), marker, .always)
            }
            try await delete(ours)
        }
    }

    /// Deletes what has been copied: each object of `source` that `target` has.
    func clear(_ source: MovePlace, copiedTo target: MovePlace) async throws(StoreError) {
        try await delete(copiesAt(target, of: source, where: { source, _ in source }))
    }

    /// Makes `target` what `source` is, where it is still what `original` keeps of it, or is `source` already.
    func mirror(_ source: MovePlace, to target: MovePlace, original: MovePlace) async throws(StoreError) {
        let (wanted, found) = (try await contents(of: source), try await byKey(target))
        let kept = try await byKey(original)
        var missing: [ListedObject] = []
        for object in wanted {
            guard let there = found[source.moved(object.key, to: target)] else {
                missing.append(object)
                continue
            }
            // What has the same bytes may still differ in its attributes: it is copied as well.
            if let known = kept[target.moved(there.key, to: original)], try await isSame(known, there) {
                missing.append(object)
            } else if try await !isCopy(there, of: object) {
                logger.warning("\(there.key) was changed by somebody else while it was being exchanged, and stays as it is")
            }
        }
        _ = try await copy(missing, from: source, to: target)
        let names = Set(wanted.map { source.moved($0.key, to: target) })
        var surplus: [Key] = []
        for object in found.values.sorted(by: { $0.key < $1.key }) where !names.contains(object.key) {
            guard let known = kept[target.moved(object.key, to: original)], try await isSame(known, object) else { continue }
            surplus.append(object.key)
        }
        try await delete(surplus)
    }

    /// Deletes what has been copied. What somebody else has changed since is looked for right before, and copied once more.
    func deleteCopied(_ objects: [ListedObject], from source: MovePlace, to target: MovePlace) async throws(StoreError) {
        let objects = Array(objects.sorted { $0.key < $1.key }.reversed())
        for start in stride(from: 0, to: objects.count, by: store.limits.deleteBatch) {
            var batch = Array(objects[start..<min(start + store.limits.deleteBatch, objects.count)])
            for _ in 0..<Self.rounds where !batch.isEmpty {
                let found = try await ObjectLook(store: store).look(at: batch.map(\.key))
                try await delete(batch.filter { found[$0.key]?.isStill($0) ?? true }.map(\.key))
                batch = batch.compactMap { object in found[object.key].flatMap { $0.isStill(object) ? nil : $0 } }
                _ = try await copy(batch, from: source, to: target)
            }
            for object in batch { logger.warning("\(object.key) is changed by somebody else all the time: it stays, beside its copy") }
        }
    }

    private static let rounds = 4

    /// Deletes `keys`: what lies in a folder before its marker, or stores that keep real folders refuse to remove it.
    func delete(_ keys: [Key]) async throws(StoreError) {
        let keys = Array(keys.sorted().reversed())
        for start in stride(from: 0, to: keys.count, by: store.limits.deleteBatch) {
            let batch = Array(keys[start..<min(start + store.limits.deleteBatch, keys.count)])
            if let failed = try await store.delete(batch).values.first { throw failed }
            onProgress(batch.count)
        }
    }

    // MARK: Parts of steps

    private func byKey(_ place: MovePlace) async throws(StoreError) -> [Key: ListedObject] {
        Dictionary(try await contents(of: place).map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    }

    /// The pairs of an object and its copy; of each `pick` names one.
    private func copiesAt(
        _ target: MovePlace, of source: MovePlace, where pick: (_ source: Key, _ copy: Key) -> Key
    ) async throws(StoreError) -> [Key] {
        let found = try await byKey(target)
        guard !found.isEmpty else { return [] }
        var picked: [Key] = []
        for object in try await contents(of: source) {
            guard let copy = found[source.moved(object.key, to: target)], try await isCopy(copy, of: object) else { continue }
            picked.append(pick(object.key, copy.key))
        }
        return picked
    }
}

extension ListedObject {
    /// Neither bytes nor attributes have been changed, as far as a listing tells. HEAD tells whole seconds only.
    fileprivate func isStill(_ earlier: ListedObject) -> Bool {
        guard etag == earlier.etag, size == earlier.size else { return false }
        guard let time = lastModified, let before = earlier.lastModified else { return true }
        return abs(time.seconds - before.seconds) <= 1
    }
}
